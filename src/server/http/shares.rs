//! A budget that clients share: connections, bytes of bodies, bytes of answers. While there is enough, nobody is limited; when
//! there is not, the client that holds the most gives way to one that holds less.
//!
//! Shares are counted only under contention, because a mobile carrier puts many villages behind one address. What gives way is
//! the hold that is open longest: those who finish go first. What it is not: a queue ([`turns`](super::turns)); a client
//! that gets no share is refused at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::client::Share;
use crate::record::PublicKey;

/// Who holds a part of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The clients of one network.
    Address(Share),
    /// A trusted proxy, which speaks for many clients: its connections never give way.
    Proxy,
    /// An enrolled key whose signature on the request holds. It does not share with its address, and gives way after all
    /// addresses until it holds an eighth of the budget.
    Key(PublicKey),
}

/// Whether a hold gives way when others need its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yields {
    /// As [`Yields::First`], and to its own owner too: nothing is lost by it.
    Idle,
    /// Before others of its owner.
    First,
    /// When its owner has no other.
    Last,
    /// Never: its work can't be undone any more.
    Never,
}

type WhenAsked = Box<dyn Fn() -> Yields + Send>;

struct Open {
    units: u64,
    yields: WhenAsked,
    /// Taken once it gives way; its units are in use until it is dropped.
    notify: Option<oneshot::Sender<()>>,
}

#[derive(Default)]
struct Holder {
    /// Units that do not give way yet.
    used: u64,
    open: BTreeMap<u64, Open>,
}

/// Numbers of a budget, for `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Units in use.
    pub used: u64,
    /// The most that were ever in use.
    pub most: u64,
    /// Holds that gave way to another client.
    pub gave_way: u64,
    /// Requests that were refused because the budget was used up.
    pub refused: u64,
}

struct Inner {
    capacity: u64,
    /// Of [`Usage::used`], what has given way and is not dropped yet.
    leaving: u64,
    usage: Usage,
    next: u64,
    owners: HashMap<Owner, Holder>,
}

/// A budget. Cheap to clone.
#[derive(Clone)]
pub struct Shares(Arc<Mutex<Inner>>);

/// A part of a budget, free again when it is dropped.
pub struct Hold {
    shares: Shares,
    owner: Owner,
    id: u64,
    given_way: oneshot::Receiver<()>,
}

/// There is not enough left, and nobody else holds more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Shares {
    /// A budget of this many units.
    pub fn new(capacity: u64) -> Shares {
        let usage = Usage::default();
        Shares(Arc::new(Mutex::new(Inner { capacity, leaving: 0, usage, next: 0, owners: HashMap::new() })))
    }

    /// Takes `units` for `owner`. `yields` is asked while another client needs them, and must not block.
    ///
    /// # Errors
    /// [`Full`].
    pub fn take(&self, owner: Owner, units: u64, yields: impl Fn() -> Yields + Send + 'static) -> Result<Hold, Full> {
        let mut inner = self.0.lock();
        inner.make_room(owner, units)?;
        let (notify, given_way) = oneshot::channel();
        inner.next += 1;
        let id = inner.next;
        let holder = inner.owners.entry(owner).or_default();
        holder.used += units;
        holder.open.insert(id, Open { units, yields: Box::new(yields), notify: Some(notify) });
        Ok(Hold { shares: self.clone(), owner, id, given_way })
    }

    /// Its numbers.
    pub fn usage(&self) -> Usage {
        self.0.lock().usage
    }
}

impl Inner {
    /// Counts `units` as used, and asks others to give way for them if there are not enough.
    fn make_room(&mut self, owner: Owner, units: u64) -> Result<(), Full> {
        let mine = self.owners.get(&owner).map_or(0, |holder| holder.used).saturating_add(units);
        // what gave way is in memory until its task has noticed: bounded, so that it is never much more than the capacity. One
        // hold may always take the place of others
        let most = self.capacity.saturating_add(units.max(self.capacity / 8));
        let fits = units <= self.capacity && self.usage.used.saturating_add(units) <= most;
        let fits = fits && (units == 1 || self.may_get(owner, mine, units));
        while fits && (self.usage.used - self.leaving).saturating_add(units) > self.capacity {
            if !self.displace(owner, mine) && !self.ask(owner, |yields| yields == Yields::Idle) {
                break;
            }
        }
        if !fits || (self.usage.used - self.leaving).saturating_add(units) > self.capacity {
            self.usage.refused += 1;
            return Err(Full);
        }
        self.usage.used += units;
        self.usage.most = self.usage.most.max(self.usage.used);
        Ok(())
    }

    /// Whether enough could give way for `units` more: else no hold of others is ended for nothing.
    fn may_get(&self, owner: Owner, mine: u64, units: u64) -> bool {
        let missing = (self.usage.used - self.leaving).saturating_add(units).saturating_sub(self.capacity);
        if missing == 0 {
            return true;
        }
        let open = |holder: &Holder, may: &dyn Fn(Yields) -> bool| -> u64 {
            let open = holder.open.values().filter(|open| open.notify.is_some() && may((open.yields)()));
            open.map(|open| open.units).sum()
        };
        let yielding = self.owners.iter().map(|(other, holder)| match *other {
            Owner::Proxy => 0,
            other if other == owner => open(holder, &|yields| yields == Yields::Idle),
            other if self.goes_before((owner, mine), (other, holder.used)) => {
                open(holder, &|yields| yields != Yields::Never)
            }
            _ => 0,
        });
        yielding.sum::<u64>() >= missing
    }

    /// Whether an enrolled key holds no more than what it keeps against addresses.
    fn is_favoured(&self, (owner, used): (Owner, u64)) -> bool {
        matches!(owner, Owner::Key(_)) && used <= self.capacity / 8
    }

    /// Whether an owner that will hold so much takes from another that holds so much.
    fn goes_before(&self, one: (Owner, u64), other: (Owner, u64)) -> bool {
        match (self.is_favoured(one), self.is_favoured(other)) {
            (true, false) => true,
            (false, true) => false,
            _ => other.1 > one.1,
        }
    }

    /// Makes one hold give way to an owner that will hold `mine`; false when there is none.
    fn displace(&mut self, owner: Owner, mine: u64) -> bool {
        let mut passed = HashSet::from([owner]);
        loop {
            let others = self.owners.iter().map(|(other, holder)| (*other, holder.used));
            let others = others.filter(|(other, used)| {
                !passed.contains(other) && *used > 0 && self.goes_before((owner, mine), (*other, *used))
            });
            let most = others.max_by_key(|other| (!self.is_favoured(*other), other.1));
            let Some((other, _)) = most else { return false };
            passed.insert(other);
            if self.ask(other, |yields| yields != Yields::Never) {
                return true;
            }
        }
    }

    /// Makes a hold of `owner` give way: of those that `may`, the one that is open longest and loses the least.
    fn ask(&mut self, owner: Owner, may: impl Fn(Yields) -> bool) -> bool {
        let Some(holder) = self.owners.get_mut(&owner).filter(|_| owner != Owner::Proxy) else { return false };
        let mut last = None;
        for (id, open) in holder.open.iter().filter(|(_, open)| open.notify.is_some()) {
            let yields = (open.yields)();
            if may(yields) && yields == Yields::Last {
                last = last.or(Some(*id));
            } else if may(yields) {
                last = Some(*id);
                break;
            }
        }
        let Some(open) = last.and_then(|id| holder.open.get_mut(&id)) else { return false };
        if let Some(notify) = open.notify.take() {
            // it may have ended just now
            let _ = notify.send(());
        }
        holder.used -= open.units;
        self.leaving += open.units;
        self.usage.gave_way += 1;
        true
    }

    fn release(&mut self, owner: Owner, id: u64) {
        let Some(holder) = self.owners.get_mut(&owner) else { return };
        let Some(open) = holder.open.remove(&id) else { return };
        self.usage.used -= open.units;
        match open.notify {
            Some(_) => holder.used -= open.units,
            None => self.leaving -= open.units,
        }
        if holder.open.is_empty() {
            self.owners.remove(&owner);
        }
    }
}

impl Hold {
    /// Extends it to `units`, if it has fewer.
    ///
    /// # Errors
    /// [`Full`], also when it has given way already.
    pub fn grow(&mut self, units: u64) -> Result<(), Full> {
        let mut inner = self.shares.0.lock();
        let open = inner.owners.get(&self.owner).and_then(|holder| holder.open.get(&self.id));
        let Some(open) = open.filter(|open| open.notify.is_some()) else { return Err(Full) };
        let more = units.saturating_sub(open.units);
        if more == 0 {
            return Ok(());
        }
        inner.make_room(self.owner, more)?;
        if let Some(holder) = inner.owners.get_mut(&self.owner)
            && let Some(open) = holder.open.get_mut(&self.id)
        {
            open.units += more;
            holder.used += more;
        }
        Ok(())
    }

    /// Whether it has given way: then its task ends at once. The task is woken when it does.
    pub fn poll_given_way(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // a receiver that has its answer may not be asked again
        if self.given_way.is_terminated() {
            return Poll::Ready(());
        }
        Pin::new(&mut self.given_way).poll(cx).map(|_| ())
    }

    /// Completes when it gives way.
    pub async fn given_way(&mut self) {
        std::future::poll_fn(|cx| self.poll_given_way(cx)).await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shares.0.lock().release(self.owner, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Client;
    use super::*;

    fn of(address: &str) -> Owner {
        Owner::Address(Client { address: address.parse().unwrap() }.share())
    }

    fn has_given_way(hold: &mut Hold) -> bool {
        hold.poll_given_way(&mut Context::from_waker(std::task::Waker::noop())).is_ready()
    }

    fn usage(used: u64, most: u64, gave_way: u64, refused: u64) -> Usage {
        Usage { used, most, gave_way, refused }
    }

    #[test]
    fn one_client_may_use_the_whole_budget_while_nobody_else_needs_it() {
        let shares = Shares::new(10);
        let holds: Vec<_> = (0..10).map(|_| shares.take(of("10.0.0.1"), 1, || Yields::First).unwrap()).collect();
        assert_eq!(shares.take(of("10.0.0.1"), 1, || Yields::First).err(), Some(Full), "its own holds stay");
        assert_eq!(shares.usage(), usage(10, 10, 0, 1));
        drop(holds);
        assert_eq!(shares.usage().used, 0);
        assert!(shares.0.lock().owners.is_empty());
    }

    #[test]
    fn longest_hold_of_the_largest_holder_gives_way_to_a_smaller_one() {
        let shares = Shares::new(16);
        let mut large: Vec<_> = (0..13).map(|_| shares.take(of("10.0.0.1"), 1, || Yields::First).unwrap()).collect();
        let mut small: Vec<_> = (0..3).map(|_| shares.take(of("10.0.0.2"), 1, || Yields::First).unwrap()).collect();
        let _new = shares.take(of("10.0.0.3"), 1, || Yields::First).unwrap();
        assert!(has_given_way(&mut large[0]));
        assert!(!large[1..].iter_mut().chain(&mut small).any(has_given_way));
        assert_eq!(shares.usage(), usage(17, 17, 1, 0), "the first is not dropped yet");
        large.remove(0);
        assert_eq!(shares.usage().used, 16);
        // equal holders do not displace each other for ever
        let mut more = Vec::new();
        while let Ok(hold) = shares.take(of("10.0.0.3"), 1, || Yields::First) {
            more.push(hold);
            large.retain_mut(|hold| !has_given_way(hold));
        }
        assert!(large.len() >= more.len(), "{} and {}", large.len(), more.len());
        assert!(!small.iter_mut().any(has_given_way));
    }

    #[test]
    fn work_that_cannot_be_undone_is_not_displaced() {
        let shares = Shares::new(4);
        let mut never: Vec<_> = (0..2).map(|_| shares.take(of("10.0.0.1"), 1, || Yields::Never).unwrap()).collect();
        let mut last = shares.take(of("10.0.0.1"), 1, || Yields::Last).unwrap();
        let mut first = shares.take(of("10.0.0.1"), 1, || Yields::First).unwrap();
        let _one = shares.take(of("10.0.0.2"), 1, || Yields::First);
        assert!(has_given_way(&mut first) && !has_given_way(&mut last));
        drop(first);
        let one = shares.take(of("10.0.0.3"), 1, || Yields::First);
        assert!(one.is_ok() && has_given_way(&mut last));
        drop(last);
        assert!(shares.take(of("10.0.0.4"), 1, || Yields::First).is_err());
        assert!(!never.iter_mut().any(has_given_way));
    }

    #[test]
    fn idle_hold_gives_way_to_its_own_client() {
        let shares = Shares::new(2);
        let mut first = shares.take(of("10.0.0.1"), 1, || Yields::First).unwrap();
        let mut idle = shares.take(of("10.0.0.1"), 1, || Yields::Idle).unwrap();
        let _new = shares.take(of("10.0.0.1"), 1, || Yields::First).unwrap();
        assert!(has_given_way(&mut idle) && !has_given_way(&mut first));
        assert!(shares.take(of("10.0.0.1"), 1, || Yields::First).is_err());
    }

    #[test]
    fn what_has_given_way_and_is_not_gone_is_bounded() {
        let shares = Shares::new(80);
        let held: Vec<_> = (0..80).map(|_| shares.take(of("10.0.0.1"), 1, || Yields::First).unwrap()).collect();
        let new = (0..80).filter_map(|n| shares.take(of(&format!("10.0.1.{n}")), 1, || Yields::First).ok());
        let new: Vec<_> = new.collect();
        assert_eq!(new.len(), 10, "an eighth of the capacity");
        assert_eq!(shares.usage().most, 90);
        drop(held);
        assert!(shares.take(of("10.0.2.1"), 60, || Yields::First).is_ok());
    }

    #[test]
    fn large_hold_takes_the_place_of_others_even_if_they_are_still_leaving() {
        let shares = Shares::new(80);
        let held: Vec<_> = (0..2).map(|_| shares.take(of("10.0.0.1"), 40, || Yields::First).unwrap()).collect();
        let _large = shares.take(of("10.0.0.2"), 30, || Yields::First).unwrap();
        assert_eq!(shares.usage(), usage(110, 110, 1, 0));
        assert!(shares.take(of("10.0.0.3"), 30, || Yields::First).is_err(), "not before the first is gone");
        assert!(shares.take(of("10.0.0.3"), 81, || Yields::First).is_err(), "never");
        drop(held);
    }

    #[test]
    fn growth_displaces_others_but_never_itself() {
        let shares = Shares::new(100);
        let mut large = shares.take(of("10.0.0.1"), 90, || Yields::First).unwrap();
        let mut small = shares.take(of("10.0.0.2"), 5, || Yields::First).unwrap();
        small.grow(10).unwrap();
        assert_eq!(small.grow(7), Ok(()), "it does not shrink");
        assert_eq!(shares.usage().used, 100);
        assert_eq!(large.grow(91), Err(Full));
        assert_eq!(small.grow(12), Ok(()));
        assert!(has_given_way(&mut large) && !has_given_way(&mut small));
        assert_eq!(large.grow(1), Err(Full), "it has given way");
        drop(large);
        assert_eq!(shares.usage().used, 12);
    }

    #[test]
    fn key_keeps_an_eighth_against_addresses_and_no_more() {
        let key = |byte| Owner::Key(PublicKey([byte; 32]));
        let shares = Shares::new(80);
        let mut signed = shares.take(key(7), 10, || Yields::First).unwrap();
        let mut unsigned = shares.take(of("10.0.0.1"), 70, || Yields::First).unwrap();
        assert!(shares.take(of("10.0.0.2"), 5, || Yields::First).is_ok());
        assert!(has_given_way(&mut unsigned) && !has_given_way(&mut signed));
        drop(unsigned);
        let rest: Vec<_> =
            (0..70).map(|n| shares.take(of(&format!("10.0.1.{n}")), 1, || Yields::First).unwrap()).collect();
        assert!(shares.take(of("10.0.0.3"), 1, || Yields::First).is_err(), "no address takes from it");
        let _other = shares.take(key(8), 5, || Yields::First).unwrap();
        assert_eq!(shares.usage().gave_way, 6, "a key takes from addresses");
        assert!(!has_given_way(&mut signed));
        drop(rest);
        let mut greedy = shares.take(key(9), 60, || Yields::First).unwrap();
        let _late = shares.take(of("10.0.0.4"), 10, || Yields::First).unwrap();
        assert!(has_given_way(&mut greedy));
    }

    #[test]
    fn request_that_is_refused_all_the_same_ends_nobody_elses_work() {
        let shares = Shares::new(80);
        let mut large = shares.take(of("10.0.0.1"), 20, || Yields::First).unwrap();
        let mut fixed = shares.take(of("10.0.0.2"), 60, || Yields::Never).unwrap();
        assert_eq!(shares.take(of("10.0.0.3"), 30, || Yields::First).err(), Some(Full));
        assert!(!has_given_way(&mut large) && !has_given_way(&mut fixed));
        assert_eq!(shares.usage(), usage(80, 80, 0, 1));
        assert!(shares.take(of("10.0.0.3"), 10, || Yields::First).is_ok() && has_given_way(&mut large));
        assert!(has_given_way(&mut large), "asked once more");
    }

    #[test]
    fn connections_of_a_proxy_do_not_give_way() {
        let shares = Shares::new(4);
        let mut proxy: Vec<_> = (0..4).map(|_| shares.take(Owner::Proxy, 1, || Yields::First).unwrap()).collect();
        assert!(shares.take(of("10.0.0.1"), 1, || Yields::First).is_err());
        assert!(!proxy.iter_mut().any(has_given_way));
    }
}
