//! Turns at work that the node does a bounded amount of at once: reading storage, admitting records. Who waits is served in
//! rotation over the clients, so that a client that asks a thousand times delays another by one turn, not by a thousand.
//!
//! What it is not: memory ([`shares`](super::shares)).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::shares::{Full, Owner};

struct Waiter {
    units: usize,
    go: oneshot::Sender<Turn>,
}

/// Numbers of the turns, for `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Requests that wait now.
    pub waiting: usize,
    /// Requests refused because too many waited.
    pub refused: u64,
}

struct Inner {
    free: usize,
    queues: HashMap<Owner, VecDeque<Waiter>>,
    /// The owners of the queues; the next turn is that of the first.
    order: VecDeque<Owner>,
    waits: Waiting,
}

/// The turns. Cheap to clone.
#[derive(Clone)]
pub struct Turns {
    inner: Arc<Mutex<Inner>>,
    capacity: usize,
    most_waiting: usize,
}

/// A turn, which ends when it is dropped.
pub struct Turn {
    inner: Option<Arc<Mutex<Inner>>>,
    units: usize,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            let mut locked = inner.lock();
            locked.free += self.units;
            locked.dispatch(&inner);
        }
    }
}

impl Inner {
    /// Gives free units to those who wait.
    fn dispatch(&mut self, shared: &Arc<Mutex<Inner>>) {
        while let Some(owner) = self.order.pop_front() {
            let Some(queue) = self.queues.get_mut(&owner) else { continue };
            let Some(waiter) = queue.pop_front() else {
                // emptied by `forget_gone`
                self.queues.remove(&owner);
                continue;
            };
            if waiter.units > self.free && !waiter.go.is_closed() {
                queue.push_front(waiter);
                // it is next, however small the work behind it is: else large work would never begin
                self.order.push_front(owner);
                return;
            }
            self.waits.waiting -= 1;
            match queue.is_empty() {
                true => drop(self.queues.remove(&owner)),
                false => self.order.push_back(owner),
            }
            let turn = Turn { inner: Some(shared.clone()), units: waiter.units };
            match waiter.go.send(turn) {
                Ok(()) => self.free -= waiter.units,
                // the request that waited has gone. The turn must not end here: it would lock again
                Err(mut turn) => turn.inner = None,
            }
        }
    }

    /// Removes those who wait no longer: their connection was closed, or their time was up.
    fn forget_gone(&mut self) {
        for queue in self.queues.values_mut() {
            queue.retain(|waiter| !waiter.go.is_closed());
        }
        self.waits.waiting = self.queues.values().map(VecDeque::len).sum();
    }

    /// Sends away the newest of the owner who waits most often, if that is more often than `mine`.
    fn displace(&mut self, mine: usize) -> bool {
        let most = self.queues.iter().max_by_key(|(_, queue)| queue.len());
        let Some(owner) = most.filter(|(_, queue)| queue.len() > mine).map(|(owner, _)| *owner) else { return false };
        if self.queues.get_mut(&owner).and_then(VecDeque::pop_back).is_none() {
            return false;
        }
        self.waits.waiting -= 1;
        self.waits.refused += 1;
        true
    }
}

impl Turns {
    /// Turns at `capacity` units of work at once; at most so many requests wait.
    pub fn new(capacity: usize, most_waiting: usize) -> Turns {
        let capacity = capacity.max(1);
        let waits = Waiting::default();
        let inner = Inner { free: capacity, queues: HashMap::new(), order: VecDeque::new(), waits };
        Turns { inner: Arc::new(Mutex::new(inner)), capacity, most_waiting }
    }

    /// A turn at `units` of work, or at all there is if that is less.
    ///
    /// # Errors
    /// [`Full`] when too many wait, and none waits more often than this owner.
    pub async fn take(&self, owner: Owner, units: usize) -> Result<Turn, Full> {
        let units = units.min(self.capacity);
        let waits = {
            let mut inner = self.inner.lock();
            if inner.order.is_empty() && units <= inner.free {
                inner.free -= units;
                return Ok(Turn { inner: Some(self.inner.clone()), units });
            }
            if inner.waits.waiting >= self.most_waiting {
                inner.forget_gone();
            }
            let mine = inner.queues.get(&owner).map_or(0, VecDeque::len);
            if inner.waits.waiting >= self.most_waiting && !inner.displace(mine + 1) {
                inner.waits.refused += 1;
                return Err(Full);
            }
            let (go, waits) = oneshot::channel();
            let queue = inner.queues.entry(owner).or_default();
            queue.push_back(Waiter { units, go });
            if queue.len() == 1 && !inner.order.contains(&owner) {
                inner.order.push_back(owner);
            }
            inner.waits.waiting += 1;
            waits
        };
        waits.await.map_err(|_| Full)
    }

    /// Whether somebody works or waits.
    pub fn is_contended(&self) -> bool {
        let inner = self.inner.lock();
        inner.free < self.capacity || inner.waits.waiting > 0
    }

    /// Its numbers.
    pub fn waits(&self) -> Waiting {
        self.inner.lock().waits
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Client;
    use super::*;

    fn of(n: u8) -> Owner {
        Owner::Address(Client { address: [10, 0, 0, n].into() }.share())
    }

    /// Lets all tasks run until they wait.
    async fn settle() {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn client_that_asks_a_thousand_times_delays_another_by_one_turn() {
        let turns = Turns::new(1, 2_000);
        let first = turns.take(of(1), 1).await.unwrap();
        let served = Arc::new(Mutex::new(Vec::new()));
        for n in 0..1_000 {
            let (turns, served) = (turns.clone(), served.clone());
            tokio::spawn(async move {
                let turn = turns.take(of(1), 1).await.unwrap();
                served.lock().push((1, n));
                drop(turn);
            });
        }
        settle().await;
        let (late, served_too) = (turns.clone(), served.clone());
        let other = tokio::spawn(async move {
            let turn = late.take(of(2), 1).await.unwrap();
            served_too.lock().push((2, 0));
            drop(turn);
        });
        settle().await;
        assert_eq!(turns.waits().waiting, 1_001);
        drop(first);
        other.await.unwrap();
        let before = served.lock().iter().position(|(owner, _)| *owner == 2).unwrap();
        assert!(before <= 1, "{before} turns before it");
    }

    #[tokio::test]
    async fn full_queue_sends_away_the_newest_of_who_waits_most() {
        let turns = Turns::new(1, 4);
        let running = turns.take(of(1), 1).await.unwrap();
        let waits: Vec<_> = (0..4)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { turns.take(of(1), 1).await.map(drop) })
            })
            .collect();
        settle().await;
        assert!(turns.take(of(1), 1).await.is_err(), "its own share is used up");
        let late = turns.clone();
        let other = tokio::spawn(async move { late.take(of(2), 1).await.map(drop) });
        settle().await;
        drop(running);
        assert_eq!(other.await.unwrap(), Ok(()));
        let mut outcomes = Vec::new();
        for wait in waits {
            outcomes.push(wait.await.unwrap());
        }
        assert_eq!(outcomes, [Ok(()), Ok(()), Ok(()), Err(Full)]);
        assert_eq!(turns.waits(), Waiting { waiting: 0, refused: 2 });
    }

    #[tokio::test]
    async fn clients_that_have_gone_take_no_place_in_the_queue() {
        let turns = Turns::new(1, 4);
        let running = turns.take(of(1), 1).await.unwrap();
        for n in 0..4 {
            let turns = turns.clone();
            let gone = tokio::spawn(async move { turns.take(of(n), 1).await.map(drop) });
            settle().await;
            gone.abort();
            let _ = gone.await;
        }
        let late = turns.clone();
        let waits = tokio::spawn(async move { late.take(of(1), 1).await.map(drop) });
        settle().await;
        assert_eq!(turns.waits(), Waiting { waiting: 1, refused: 0 });
        drop(running);
        assert_eq!(waits.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn turn_of_a_client_that_has_gone_is_free_again() {
        let turns = Turns::new(4, 10);
        let running = turns.take(of(1), 4).await.unwrap();
        let late = turns.clone();
        let gone = tokio::spawn(async move { late.take(of(2), 3).await.map(drop) });
        settle().await;
        gone.abort();
        let _ = gone.await;
        drop(running);
        // more than there is counts as all there is
        let all = turns.take(of(3), 9).await.unwrap();
        assert_eq!(turns.inner.lock().free, 0);
        drop(all);
        let inner = turns.inner.lock();
        assert_eq!((inner.free, inner.waits.waiting), (4, 0));
        assert!(inner.queues.is_empty() && inner.order.is_empty());
    }
}
