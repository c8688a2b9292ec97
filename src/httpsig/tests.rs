//! The vector of the standard, and properties: nothing that was changed verifies.

use proptest::prelude::*;

use super::*;

/// RFC 9421 appendix B.1.4, `test-key-ed25519`: the private part, base64url.
const D: &str = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";
/// Its public part.
const X: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";

fn rfc_key() -> SigningKey {
    let raw = data_encoding::BASE64URL_NOPAD.decode(D.as_bytes()).unwrap();
    let key = SigningKey::from_bytes(&raw.try_into().unwrap());
    assert_eq!(data_encoding::BASE64URL_NOPAD.encode(key.verifying_key().as_bytes()), X);
    key
}

/// RFC 9421 appendix B.2.6: signing a request using ed25519.
#[test]
fn vector_of_rfc_9421_b_2_6_is_reproduced_and_verifies() {
    let input = "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
                 ;created=1618884473;keyid=\"test-key-ed25519\"";
    let wanted = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\
                  \"@method\": POST\n\
                  \"@path\": /foo\n\
                  \"@authority\": example.com\n\
                  \"content-type\": application/json\n\
                  \"content-length\": 18\n\
                  \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
                  ;created=1618884473;keyid=\"test-key-ed25519\"";
    let signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let inputs = dictionary("Signature-Input", input).unwrap();
    let Some(ListEntry::InnerList(list)) = inputs.get("sig-b26") else { panic!("no list") };
    let value = |name: &str| {
        let value = match name {
            "date" => "Tue, 20 Apr 2021 02:07:55 GMT",
            "@method" => "POST",
            "@path" => "/foo",
            "@authority" => "example.com",
            "content-type" => "application/json",
            "content-length" => "18",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let base = base(list, value).unwrap();
    assert_eq!(base, wanted);
    let signature: [u8; 64] = data_encoding::BASE64.decode(signature.as_bytes()).unwrap().try_into().unwrap();
    // Ed25519 is deterministic
    assert_eq!(rfc_key().sign(base.as_bytes()).to_bytes(), signature);
    let key = PublicKey(rfc_key().verifying_key().to_bytes());
    verify(&key, &base, &signature).unwrap();
    assert_eq!(verify(&key, &base.replace("POST", "PUT"), &signature), Err(SignatureError::Signature));
}

const LEDGER_ID: &str = "urn:jejak:ledger:one";

fn example() -> (SigningKey, Params) {
    let key = SigningKey::from_bytes(&[5; 32]);
    let params = Params {
        created: 1_767_225_600,
        expires: 1_767_225_660,
        nonce: "0123456789abcdef".into(),
        key: PublicKey(key.verifying_key().to_bytes()),
        ledger: LEDGER_ID.into(),
    };
    (key, params)
}

fn target(digest: &str) -> Target<'_> {
    Target { method: "PUT", uri: "https://jejak.example/evidence/abc", digest }
}

fn read(fields: &Fields, target: &Target<'_>) -> Result<Params, SignatureError> {
    let read = Unverified::read(&fields.input, &fields.signature, LEDGER_ID)?;
    read.verify(target)?;
    Ok(read.params)
}

#[test]
fn request_signed_here_is_read_back_and_for_no_other_ledger() {
    let (key, params) = example();
    let digest = digest::of(b"a photo");
    let fields = sign(&key, &params, &target(&digest)).unwrap();
    assert_eq!(read(&fields, &target(&digest)).unwrap(), params);
    let elsewhere = Unverified::read(&fields.input, &fields.signature, "urn:jejak:ledger:two");
    assert_eq!(elsewhere.unwrap_err(), SignatureError::OtherLedger(LEDGER_ID.into()));
    // a proxy's own signature beside it
    let both = Fields {
        input: format!("proxy=(\"@method\");created=1;tag=\"cdn\", {}", fields.input),
        signature: format!("proxy=:AAAA:, {}", fields.signature),
    };
    assert_eq!(read(&both, &target(&digest)).unwrap(), params);
    let twice = Fields {
        input: format!("{}, {}", fields.input, fields.input.replace("jejak=", "again=")),
        signature: format!("{}, {}", fields.signature, fields.signature.replace("jejak=", "again=")),
    };
    assert_eq!(read(&twice, &target(&digest)), Err(SignatureError::Several));
}

#[test]
fn signature_that_covers_less_or_has_other_parameters_is_refused() {
    let (key, params) = example();
    let digest = digest::of(b"");
    let Fields { input, signature } = sign(&key, &params, &target(&digest)).unwrap();
    let with = |from: &str, to: &str| {
        let changed = input.replace(from, to);
        assert_ne!(changed, input, "{from}");
        Unverified::read(&changed, &signature, LEDGER_ID).unwrap_err()
    };
    for (from, to) in [
        (" \"content-digest\"", ""),
        ("\"@method\" ", ""),
        ("\"@target-uri\"", "\"@target-uri\";req"),
        ("\"@target-uri\"", "\"@path\""),
        ("\"@method\" \"@target-uri\"", "\"@target-uri\" \"@method\""),
        ("\"content-digest\"", "\"content-digest\" \"date\""),
        ("\"content-digest\"", "content-digest"),
    ] {
        assert_eq!(with(from, to), SignatureError::Covered, "{from} -> {to}");
    }
    for (name, from, to) in [
        ("created", ";created=1767225600", ""),
        ("created", ";created=1767225600", ";created=1767225600.0"),
        ("created", ";created=1767225600", ";created=-1"),
        ("expires", ";expires=1767225660", ""),
        ("expires", ";expires=1767225660", ";expires=1767225600"),
        ("expires", ";expires=1767225660", ";expires=1767225901"),
        ("nonce", ";nonce=\"0123456789abcdef\"", ""),
        ("nonce", "0123456789abcdef", "0123456789abcde"),
        ("alg", ";alg=\"ed25519\"", ""),
        ("alg", "ed25519", "hmac-sha256"),
        ("keyid", ";keyid=\"", ";keyid=\"x"),
    ] {
        assert_eq!(with(from, to), SignatureError::Parameter(name), "{from} -> {to}");
    }
    assert_eq!(with(";alg", ";expires-in=3;alg"), SignatureError::UnknownParameter);
    assert_eq!(with("urn:jejak:ledger:one", "jejak"), SignatureError::NoTag);
    assert_eq!(with("jejak=", "other="), SignatureError::Field("Signature"));
    assert_eq!(Unverified::read("x=1", &signature, LEDGER_ID).unwrap_err(), SignatureError::Field("Signature-Input"));
    let long = format!("{input}, x=(\"{}\")", "y".repeat(LONGEST_FIELD));
    assert_eq!(Unverified::read(&long, &signature, LEDGER_ID).unwrap_err(), SignatureError::Field("Signature-Input"));
}

#[test]
fn signature_is_valid_only_in_its_time_and_after_the_start_of_the_node() {
    let (_, params) = example();
    let (created, expires) = (params.created, params.expires);
    assert_eq!(params.in_time(created, 0), Ok(()));
    assert_eq!(params.in_time(expires, created), Ok(()));
    assert_eq!(params.in_time(expires + 1, 0), Err(TimeError::Expired));
    assert_eq!(params.in_time(created - TOLERANCE, 0), Ok(()));
    assert_eq!(params.in_time(created - TOLERANCE - 1, 0), Err(TimeError::NotYet));
    assert_eq!(params.in_time(created + 1, created + 1), Err(TimeError::BeforeStart));
    assert_eq!(params.in_time(i64::MAX, i64::MIN), Err(TimeError::Expired));
    assert_eq!(params.in_time(i64::MIN, i64::MIN), Err(TimeError::NotYet));
}

proptest! {
    #[test]
    fn no_changed_byte_of_a_field_gives_another_request_that_verifies(
        at in 0usize..600, by in 1u8..=255, which in 0usize..3, seed in any::<[u8; 32]>(),
    ) {
        let (_, mut params) = example();
        let key = SigningKey::from_bytes(&seed);
        params.key = PublicKey(key.verifying_key().to_bytes());
        let digest = digest::of(&seed);
        let fields = sign(&key, &params, &target(&digest)).unwrap();
        let mut parts = [fields.input, fields.signature, digest.clone()];
        let mut bytes = std::mem::take(&mut parts[which]).into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= by;
        // what is not UTF-8 is refused before it comes here
        if let Ok(text) = String::from_utf8(bytes) {
            parts[which] = text;
            let [input, signature, changed] = parts;
            let outcome = read(&Fields { input, signature }, &target(&changed));
            // white space between items and the label are not signed: they say nothing
            if let Ok(read) = outcome {
                prop_assert_eq!(read, params);
                prop_assert_eq!(digest::read(&changed), digest::read(&digest));
            }
        }
    }

    #[test]
    fn no_other_method_target_or_digest_verifies(
        method in "[A-Z]{1,8}", path in "[ -~]{0,40}", body in any::<Vec<u8>>(),
    ) {
        let (key, params) = example();
        let digest = digest::of(b"a photo");
        let fields = sign(&key, &params, &target(&digest)).unwrap();
        let own = target(&digest);
        let (uri, other) = (format!("https://jejak.example/{path}"), digest::of(&body));
        // a line more would be another line of the base
        let inserted = format!("{}\n\"@method\": PUT", own.uri);
        for changed in [
            Target { method: &method, ..own },
            Target { uri: &uri, ..own },
            Target { uri: &inserted, ..own },
            Target { digest: &other, ..own },
        ] {
            let verifies = read(&fields, &changed).is_ok();
            prop_assert_eq!(verifies, changed == own);
        }
    }

    #[test]
    fn any_bytes_in_the_fields_are_refused_without_harm(input in "\\PC{0,200}", signature in "\\PC{0,200}") {
        prop_assert!(Unverified::read(&input, &signature, LEDGER_ID).is_err());
        let _ = digest::read(&input);
    }
}
