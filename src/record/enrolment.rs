//! The request of a new key to be enrolled, which a node keeps until an enroller approves or refuses it (`docs/formats.md`, "Enrolment
//! request").
//!
//! It is no record: nobody signed it but the key, whose proof of possession it carries, and nothing follows from it. Who approves it
//! compares [eight words](super::eight) with who holds the key, and signs a `Key` statement; for a party that is not on the ledger yet a
//! `Party` statement before. What it is not: the rules of who may, which are in `chain`.

use serde::{Deserialize, Serialize};

use super::envelope::RecordError;
use super::key::{KeyRefused, PublicKey};
use super::registry::{Key, Names, Party, Purpose, Region, Role, Statement, some_object};
use crate::epcis::strict;

/// Most bytes of a request, as it is read and as it is kept.
pub const MOST_BYTES: usize = 1_900;

/// Why a request is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EnrolmentError {
    /// More than [`MOST_BYTES`].
    #[error("the request has more than {MOST_BYTES} bytes: shorten the names and the contact")]
    TooLarge,
    /// It is no strict JSON, or has other members or texts than it may have.
    #[error("it is not an enrolment request")]
    Form(#[source] RecordError),
    /// Of another type.
    #[error("its type is not enrolment")]
    Type,
    /// For another ledger.
    #[error("it is addressed to {0}, this ledger is another")]
    Ledger(String),
    /// Operator keys are enrolled on the machine of the node.
    #[error("a key for purpose operator is not enrolled by request")]
    Purpose,
    /// The key is refused, or the proof does not hold.
    #[error(transparent)]
    Key(#[from] KeyRefused),
}

/// An enrolment request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Enrolment {
    /// `enrolment`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ledger's id.
    pub ledger: String,
    /// The party that the key is to be of.
    pub party: String,
    /// The new key.
    pub key: PublicKey,
    /// What it is for: `admin` or `event`.
    pub purpose: Purpose,
    /// Its proof of possession, as in a `Key` statement.
    pub possession: String,
    /// A name of the phone for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of a party that is not on the ledger yet: its names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Names>,
    /// What it wants to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// Where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_object")]
    pub region: Option<Region>,
    /// How the enroller reaches it; public when it becomes part of its `Party` statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl Enrolment {
    /// Reads a request for the ledger of this id, and verifies it.
    ///
    /// # Errors
    /// [`EnrolmentError`].
    pub fn read(json: &[u8], ledger: &str) -> Result<Enrolment, EnrolmentError> {
        if json.len() > MOST_BYTES {
            return Err(EnrolmentError::TooLarge);
        }
        let form = EnrolmentError::Form;
        strict::read(json).map_err(|e| form(RecordError::Json(e)))?;
        let read: Enrolment =
            serde_json::from_slice(json).map_err(|e| form(RecordError::Statement(std::sync::Arc::new(e))))?;
        if read.kind != "enrolment" {
            return Err(EnrolmentError::Type);
        }
        if read.ledger != ledger {
            return Err(EnrolmentError::Ledger(read.ledger));
        }
        if read.purpose == Purpose::Operator {
            return Err(EnrolmentError::Purpose);
        }
        // texts, codes and URIs are those of the statements that it may lead to
        Statement::Key(read.key_statement()).check().map_err(form)?;
        Statement::Party(read.described()).check().map_err(form)?;
        read.key.admit()?;
        read.key.possessed(&read.possession, ledger, &read.party, read.purpose)?;
        Ok(read)
    }

    /// The statement that enrols the key.
    pub fn key_statement(&self) -> Key {
        Key {
            party: self.party.clone(),
            key: self.key,
            purpose: self.purpose,
            possession: self.possession.clone(),
            label: self.label.clone(),
        }
    }

    /// What it says of its party, whose texts are checked. A further phone of the authority may repeat its role, which the statement of no
    /// new party has.
    fn described(&self) -> Party {
        let party = self.party_statement("ID");
        let others: Vec<Role> = party.roles.iter().copied().filter(|role| *role != Role::Authority).collect();
        let roles = if others.is_empty() { vec![Role::Producer] } else { others };
        Party { roles, ..party }
    }

    /// The statement that enrols the party in a country, with what it says of itself.
    pub fn party_statement(&self, country: &str) -> Party {
        let name =
            self.name.clone().unwrap_or_else(|| Names::english(self.party.rsplit([':', '/']).next().unwrap_or("?")));
        let roles = self.roles.as_deref().filter(|roles| !roles.is_empty()).unwrap_or(&[Role::Producer]);
        Party {
            region: self.region.clone(),
            contact: self.contact.clone(),
            ..Party::new(self.party.clone(), name, roles, country)
        }
    }
}

/// What an invitation link carries, as JSON in base64url: where the ledger is, what pins it, and who is invited. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Public address of a node.
    pub node: String,
    /// The ledger's id.
    pub ledger: String,
    /// The log's verifier key.
    pub log: String,
    /// Who is invited.
    pub party: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// What its key is to be for.
    pub purpose: Purpose,
    /// Its names, to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Names>,
}

impl Invitation {
    /// The link that opens the app with it. What follows `#` is not sent to the node.
    ///
    /// # Errors
    /// When it can't be written as JSON, which would be a bug.
    pub fn link(&self) -> Result<String, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        Ok(format!("{}/app/#/invite/{}", self.node, data_encoding::BASE64URL_NOPAD.encode(&json)))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::record::prove_possession;

    const LEDGER: &str = "urn:jejak:ledger:x";

    fn request(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let key = SigningKey::from_bytes(&[3; 32]);
        let party = "urn:jejak:party:maju";
        let mut json = serde_json::json!({
            "type": "enrolment",
            "ledger": LEDGER,
            "party": party,
            "key": PublicKey(key.verifying_key().to_bytes()),
            "purpose": "admin",
            "possession": prove_possession(&key, LEDGER, party, Purpose::Admin),
            "label": "ponsel Ibu Sari",
            "name": { "en": "Maju village enterprise", "id": "BUM Desa Maju" },
            "roles": ["producer"],
        });
        change(&mut json);
        json.to_string().into_bytes()
    }

    #[test]
    fn request_is_read_only_with_a_proof_for_this_ledger_party_and_purpose() {
        let read = Enrolment::read(&request(|_| {}), LEDGER).unwrap();
        assert_eq!(read.key_statement().label.as_deref(), Some("ponsel Ibu Sari"));
        assert_eq!(read.party_statement("ID").roles, [Role::Producer]);
        let kept = serde_json::to_vec(&read).unwrap();
        assert_eq!(Enrolment::read(&kept, LEDGER).unwrap(), read);
        for (member, value) in [
            ("type", "invitation"),
            ("ledger", "urn:jejak:ledger:y"),
            ("party", "urn:jejak:party:other"),
            ("party", "somebody"),
            ("purpose", "event"),
            ("purpose", "operator"),
            ("label", " "),
            ("contact", "\u{202e}"),
            ("secret", "x"),
        ] {
            let wrong = request(|json| json[member] = value.into());
            assert!(Enrolment::read(&wrong, LEDGER).is_err(), "{member} {value}");
        }
        let long = request(|json| json["contact"] = "a".repeat(2_000).into());
        assert!(matches!(Enrolment::read(&long, LEDGER), Err(EnrolmentError::TooLarge)));
        assert!(Enrolment::read(b"{}", LEDGER).is_err() && Enrolment::read(b"\xff", LEDGER).is_err());
    }

    #[test]
    fn invitation_link_carries_its_json_after_the_hash() {
        let invitation = Invitation {
            node: "https://jejak.example".into(),
            ledger: LEDGER.into(),
            log: "log+1+A".into(),
            party: "urn:jejak:party:maju".into(),
            roles: vec![Role::Producer],
            purpose: Purpose::Admin,
            name: None,
        };
        let link = invitation.link().unwrap();
        let (address, json) = link.split_once("#/invite/").unwrap();
        assert_eq!(address, "https://jejak.example/app/");
        let json = data_encoding::BASE64URL_NOPAD.decode(json.as_bytes()).unwrap();
        assert_eq!(serde_json::from_slice::<Invitation>(&json).unwrap(), invitation);
    }
}
