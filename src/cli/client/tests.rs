//! Tests of the client against nodes that are slow, busy, or lie.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

/// A client of a node whose list has one number a page, from 0 on, and ends after `pages`.
fn node(pages: usize) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (page, stream) in listener.incoming().enumerate() {
            let (mut stream, mut request) = (stream.unwrap(), [0; 1024]);
            let read = stream.read(&mut request).unwrap();
            let path = if page == 0 { "/list".to_owned() } else { format!("/list?after={}", page - 1) };
            assert!(request[..read].starts_with(format!("GET {path} HTTP/1.1\r\n").as_bytes()), "page {page}");
            let link =
                if page + 1 < pages { format!("Link: </list?after={page}>; rel=\"next\"\r\n") } else { String::new() };
            let body = format!("[{page}]");
            let length = body.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\n{link}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    Client::new(&base).unwrap()
}

#[test]
fn paged_list_is_read_to_its_last_page_and_an_endless_one_is_given_up() {
    assert_eq!(node(1).get_list::<usize>("/list").unwrap(), [0]);
    assert_eq!(node(3).get_list::<usize>("/list").unwrap(), [0, 1, 2]);
    let endless = node(usize::MAX).get_list::<usize>("/list").unwrap_err();
    assert!(endless.message.contains("no last page"), "{}", endless.message);
}

/// A node that answers every request with `answer`, or hangs up if it is empty, and how many requests it had.
fn counting(answer: &'static str) -> (Client, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let requests: Arc<Mutex<usize>> = Arc::default();
    let counted = requests.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            *counted.lock().unwrap() += 1;
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (Client::new(&base).unwrap().remembering(), requests)
}

#[test]
fn answer_that_is_packed_is_asked_for_and_unpacked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let node = std::thread::spawn(move || {
        for encoding in ["gzip", "br"] {
            let (mut stream, mut request) = (listener.accept().unwrap().0, [0; 1024]);
            let read = stream.read(&mut request).unwrap();
            let head = String::from_utf8_lossy(&request[..read]).to_ascii_lowercase();
            assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
            let mut body = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            body.write_all(b"bundle").unwrap();
            let body = body.finish().unwrap();
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nConnection: close\r\n");
            stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n").as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    let client = Client::new(&base).unwrap();
    assert_eq!(client.get("/tile/entries/000", "*/*", Ask::Entries).unwrap(), b"bundle");
    let other = client.get("/tile/entries/000", "*/*", Ask::Entries).unwrap_err();
    assert_eq!(other.kind, Kind::NotProven);
    node.join().unwrap();
}

#[test]
fn slow_node_is_asked_once_for_what_many_rows_need() {
    let (client, requests) = counting("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{\"a\": [1]}");
    let asked = || *requests.lock().unwrap();
    for _ in 0..3 {
        assert!(client.has("/lots/a").unwrap());
        assert_eq!(client.clone().find_json("/lots/a").unwrap().unwrap()["a"][0], 1);
    }
    assert_eq!(asked(), 1);
    let paths: Vec<String> = (0..10).map(|n| format!("/lots/{n}")).collect();
    client.prefetch(&paths);
    assert_eq!(asked(), 11);
    assert!(paths.iter().all(|path| client.get_json(path).is_ok()));
    assert_eq!(asked(), 11, "they are there already");
    let (absent, requests) = counting("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    assert!((0..3).all(|_| absent.find_json("/lots/a").unwrap().is_none()));
    assert_eq!(*requests.lock().unwrap(), 1);
}

#[test]
fn node_that_does_not_answer_one_row_is_not_asked_for_the_next() {
    let (client, requests) = counting("");
    assert_eq!(client.has("/lots/0").unwrap_err().kind, Kind::Unreachable);
    let asked = *requests.lock().unwrap();
    assert!((1..100).all(|n| client.has(&format!("/lots/{n}")).is_err_and(|e| e.kind == Kind::Unreachable)));
    assert_eq!(*requests.lock().unwrap(), asked);
    let (busy, requests) =
        counting("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    assert!(busy.has("/lots/0").is_err() && busy.has("/lots/0").is_err());
    assert_eq!(*requests.lock().unwrap(), 2, "a busy node may answer later");
    let paths: Vec<String> = (0..100).map(|n| format!("/lots/{n}")).collect();
    busy.prefetch(&paths);
    assert_eq!(*requests.lock().unwrap(), 2 + AT_ONCE, "each thread stops at the first answer of a busy node");
}

#[test]
fn node_that_stops_in_the_middle_of_an_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let node = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").unwrap();
        stream
    });
    let client = Client::with_timeout(&base, Duration::from_millis(200)).unwrap();
    let failure = client.get_json("/.well-known/jejak").unwrap_err();
    assert!(failure.message.contains("does not answer"), "{}", failure.message);
    drop(node.join().unwrap());
}
