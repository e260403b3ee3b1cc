//! Which addresses and names a guest may use.

use crate::engine;
use crate::error::{self, Outcome};
use crate::store::StoreData;
use std::collections::HashMap;
use std::future::{self, Future};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup as lookup_02;
use wasmtime_wasi::p2::bindings::sockets::network as network_02;
use wasmtime_wasi::p2::{DynPollable, Network, SocketError, SocketResult};
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup as lookup_03;
use wasmtime_wasi::p3::bindings::sockets::types::IpAddress;
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSockets, WasiSocketsCtxView, WasiSocketsView};

/// How long the addresses of a name count, before an unknown address asks for them again.
const FRESH: Duration = Duration::from_secs(5);

enum Host {
    Any,
    Address(IpAddr),
    /// In lower case, without a final dot.
    Name(String),
}

struct Grant {
    host: Host,
    /// None: every port.
    port: Option<u16>,
}

impl Grant {
    fn parse(text: &str) -> Outcome<Grant> {
        let wrong = |what: &str| {
            error::argument(format!(
                "`{text}` is no address: {what}; write host:port, for example example.org:443, \
                 127.0.0.1:* or [::1]:80"
            ))
        };
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| wrong("the port is missing"))?;
        let port = match port {
            "*" => None,
            number => match number.parse() {
                Ok(port) if port != 0 && !number.starts_with('+') => Some(port),
                _ => return Err(wrong("its port is not a number from 1 to 65535, or *")),
            },
        };
        let host = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            Some(address) => {
                let address: Ipv6Addr = address
                    .parse()
                    .map_err(|_| wrong("no IPv6 address is in its brackets"))?;
                Host::Address(IpAddr::V6(address).to_canonical())
            }
            None if host == "*" => Host::Any,
            None if host.contains(':') => {
                return Err(wrong("an IPv6 address needs brackets"));
            }
            None => match host.parse() {
                Ok(address) => Host::Address(address),
                Err(_) if is_name(host) => Host::Name(plain(host)),
                Err(_) => return Err(wrong("its host is neither a name nor an address")),
            },
        };
        Ok(Grant { host, port })
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

fn is_name(text: &str) -> bool {
    let letter = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(letter) && !text.starts_with('.')
}

/// The form in which names are compared.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Addresses that a name had, and when it was asked last.
#[derive(Default)]
struct Known {
    addresses: Vec<IpAddr>,
    asked: Option<Instant>,
}

/// What was granted one by one.
#[derive(Default)]
pub struct Grants {
    grants: Vec<Grant>,
    /// Names change their addresses, and answer with some of them at a time: what was seen once
    /// counts from then on.
    known: Mutex<HashMap<String, Known>>,
}

type Answer = Pin<Box<dyn Future<Output = bool> + Send + Sync>>;

impl Grants {
    pub fn add(&mut self, address: &str) -> Outcome<()> {
        self.grants.push(Grant::parse(address)?);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.grants.is_empty()
    }

    /// Whether there is anything to look up.
    pub fn has_names(&self) -> bool {
        let named = |grant: &Grant| !matches!(grant.host, Host::Address(_));
        self.grants.iter().any(named)
    }

    fn allows_name(&self, name: &str) -> bool {
        let name = plain(name);
        self.grants.iter().any(|grant| match &grant.host {
            Host::Any => true,
            Host::Name(own) => *own == name,
            Host::Address(_) => false,
        })
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, name: &str, addresses: impl Iterator<Item = IpAddr>) {
        let mut names = self.known();
        let known = names.entry(plain(name)).or_default();
        for address in addresses.map(|address| address.to_canonical()) {
            if !known.addresses.contains(&address) {
                known.addresses.push(address);
            }
        }
    }

    /// Asks the system for the addresses of a name. Blocks.
    fn resolve(&self, name: &str) {
        self.known().entry(plain(name)).or_default().asked = Some(Instant::now());
        if let Ok(found) = (name, 0).to_socket_addrs() {
            self.remember(name, found.map(|address| address.ip()));
        }
    }

    /// Whether an address is granted, as far as known without asking for names.
    fn allows(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        let mut names = None;
        let mut grants = self.grants.iter();
        grants.any(|grant| {
            grant.has_port(address.port())
                && match &grant.host {
                    Host::Any => true,
                    Host::Address(own) => *own == ip,
                    Host::Name(name) => {
                        let names = names.get_or_insert_with(|| self.known());
                        names
                            .get(name)
                            .is_some_and(|known| known.addresses.contains(&ip))
                    }
                }
        })
    }

    /// Names with this port that were not asked for recently.
    fn stale_names(&self, port: u16) -> Vec<String> {
        let known = self.known();
        let stale = |name: &String| {
            let asked = known.get(name).and_then(|known| known.asked);
            asked.is_none_or(|asked| asked.elapsed() >= FRESH)
        };
        let grants = self.grants.iter().filter(|grant| grant.has_port(port));
        let names = grants.filter_map(|grant| match &grant.host {
            Host::Name(name) if stale(name) => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }

    /// What every use of a socket goes through.
    pub fn check(this: &Arc<Grants>, address: SocketAddr, reason: SocketAddrUse) -> Answer {
        let free = match reason {
            // Listening was granted before.
            SocketAddrUse::TcpAccept => true,
            // Sockets that connect are bound to a free port first. Without a grant nobody can reach
            // it: TCP needs to listen, and datagrams are checked by who sent them.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
                address.ip().is_unspecified() && address.port() == 0
            }
            _ => false,
        };
        if free || this.allows(address) {
            return Box::pin(future::ready(true));
        }
        let asks = matches!(reason, SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend);
        let names = match asks {
            true => this.stale_names(address.port()),
            false => Vec::new(),
        };
        if names.is_empty() {
            return Box::pin(future::ready(false));
        }
        let this = Arc::clone(this);
        let resolved = engine::runtime().spawn_blocking(move || {
            for name in names {
                this.resolve(&name);
            }
            this.allows(address)
        });
        Box::pin(async move { resolved.await.unwrap_or(false) })
    }
}

/// Name look-up that knows only the granted names. It stands in front of WASI's own.
struct Names;

struct NamesView<'a> {
    sockets: WasiSocketsCtxView<'a>,
    grants: Option<Arc<Grants>>,
}

impl HasData for Names {
    type Data<'a> = NamesView<'a>;
}

fn names(data: &mut StoreData) -> NamesView<'_> {
    let grants = data.wasi.as_ref().and_then(|wasi| wasi.grants.clone());
    NamesView {
        sockets: data.sockets(),
        grants,
    }
}

/// Puts the restriction into a linker that has WASI already.
pub fn restrict_names(linker: &mut Linker<StoreData>, wasi_03: bool) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    lookup_02::add_to_linker::<StoreData, Names>(linker, names)?;
    if wasi_03 {
        lookup_03::add_to_linker::<StoreData, Names>(linker, names)?;
    }
    Ok(())
}

/// A name that is an address needs no look-up.
fn is_address(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
}

impl NamesView<'_> {
    fn refuses(&self, name: &str) -> bool {
        let Some(grants) = &self.grants else {
            return false;
        };
        !is_address(name) && !grants.allows_name(name)
    }
}

impl network_02::Host for NamesView<'_> {
    fn convert_error_code(
        &mut self,
        error: SocketError,
    ) -> wasmtime::Result<network_02::ErrorCode> {
        network_02::Host::convert_error_code(&mut self.sockets, error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<network_02::ErrorCode>> {
        network_02::Host::network_error_code(&mut self.sockets, error)
    }
}

impl network_02::HostNetwork for NamesView<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network_02::HostNetwork::drop(&mut self.sockets, network)
    }
}

impl lookup_02::Host for NamesView<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<lookup_02::ResolveAddressStream>> {
        if self.refuses(&name) {
            return Err(network_02::ErrorCode::AccessDenied.into());
        }
        if let Some(grants) = self.grants.clone().filter(|_| !is_address(&name)) {
            // What the guest is about to be told is asked for beside it, because WASI keeps its own
            // answer to itself.
            let name = name.clone();
            engine::runtime().spawn_blocking(move || grants.resolve(&name));
        }
        self.sockets.resolve_addresses(network, name)
    }
}

impl lookup_02::HostResolveAddressStream for NamesView<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<lookup_02::ResolveAddressStream>,
    ) -> SocketResult<Option<lookup_02::IpAddress>> {
        self.sockets.resolve_next_address(stream)
    }

    fn subscribe(
        &mut self,
        stream: Resource<lookup_02::ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.sockets.subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<lookup_02::ResolveAddressStream>) -> wasmtime::Result<()> {
        lookup_02::HostResolveAddressStream::drop(&mut self.sockets, stream)
    }
}

impl lookup_03::Host for NamesView<'_> {}

impl lookup_03::HostWithStore<StoreData> for Names {
    async fn resolve_addresses(
        store: &Accessor<StoreData, Self>,
        name: String,
    ) -> wasmtime::Result<Result<Vec<IpAddress>, lookup_03::ErrorCode>> {
        let (refused, grants) = store.with(|mut access| {
            let view = access.get();
            (view.refuses(&name), view.grants)
        });
        if refused {
            return Ok(Err(lookup_03::ErrorCode::AccessDenied));
        }
        let inner = store.with_getter::<WasiSockets>(StoreData::sockets);
        let own = <WasiSockets as lookup_03::HostWithStore<StoreData>>::resolve_addresses;
        let found = own(&inner, name.clone()).await?;
        if let (Some(grants), Ok(addresses)) = (grants, &found) {
            // A literal address is granted by itself or not at all.
            if !is_address(&name) {
                grants.remember(&name, addresses.iter().map(to_ip));
            }
        }
        Ok(found)
    }
}

fn to_ip(address: &IpAddress) -> IpAddr {
    match *address {
        IpAddress::Ipv4((a, b, c, d)) => IpAddr::from([a, b, c, d]),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => IpAddr::from([a, b, c, d, e, f, g, h]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(addresses: &[&str]) -> Arc<Grants> {
        let mut grants = Grants::default();
        for address in addresses {
            grants.add(address).unwrap();
        }
        Arc::new(grants)
    }

    fn allows(grants: &Grants, address: &str) -> bool {
        grants.allows(address.parse().unwrap())
    }

    fn checked(grants: &Arc<Grants>, address: &str, reason: SocketAddrUse) -> bool {
        engine::runtime().block_on(Grants::check(grants, address.parse().unwrap(), reason))
    }

    #[test]
    fn only_what_is_granted_is_allowed() {
        let some = grants(&["127.0.0.1:80", "[::1]:*", "[::ffff:10.0.0.1]:443"]);
        assert!(allows(&some, "127.0.0.1:80"));
        assert!(!allows(&some, "127.0.0.1:81") && !allows(&some, "127.0.0.2:80"));
        assert!(allows(&some, "[::1]:1") && !allows(&some, "[::2]:1"));
        assert!(allows(&some, "10.0.0.1:443") && !allows(&some, "10.0.0.1:80"));
        assert!(allows(&some, "[::ffff:127.0.0.1]:80"));
        assert!(!some.has_names());

        let any = grants(&["*:53"]);
        assert!(allows(&any, "8.8.8.8:53") && !allows(&any, "8.8.8.8:54"));
        assert!(any.has_names() && any.allows_name("whatever.example"));
    }

    #[test]
    fn names_stand_for_their_addresses() {
        let some = grants(&["LocalHost.:8080"]);
        assert!(some.allows_name("localhost") && some.allows_name("LOCALHOST."));
        assert!(!some.allows_name("localhost.example"));
        assert!(
            !allows(&some, "127.0.0.1:8080"),
            "nobody asked for the name yet"
        );
        assert!(checked(&some, "127.0.0.1:8080", SocketAddrUse::TcpConnect));
        assert!(allows(&some, "127.0.0.1:8080"));
        assert!(!checked(&some, "127.0.0.1:8081", SocketAddrUse::TcpConnect));
        assert!(!checked(&some, "192.0.2.1:8080", SocketAddrUse::TcpConnect));
    }

    #[test]
    fn a_free_port_may_be_bound_but_not_listened_to() {
        let some = grants(&["127.0.0.1:80"]);
        assert!(checked(&some, "0.0.0.0:0", SocketAddrUse::TcpBind));
        assert!(!checked(&some, "0.0.0.0:5000", SocketAddrUse::TcpBind));
        assert!(!checked(&some, "0.0.0.0:5000", SocketAddrUse::TcpListen));
        assert!(checked(&some, "127.0.0.1:80", SocketAddrUse::TcpListen));
        assert!(!checked(&some, "127.0.0.1:9", SocketAddrUse::UdpReceive));
    }

    #[test]
    fn what_is_no_address_is_refused_with_an_example() {
        for (text, what) in [
            ("example.org", "the port is missing"),
            ("example.org:", "its port is not"),
            ("example.org:0", "its port is not"),
            ("example.org:65536", "its port is not"),
            ("example.org:+1", "its port is not"),
            ("::1:80", "an IPv6 address needs brackets"),
            ("[::1:80", "an IPv6 address needs brackets"),
            ("[127.0.0.1]:80", "no IPv6 address"),
            (":80", "its host is neither"),
            ("http://example.org:80", "an IPv6 address needs brackets"),
            ("two words:80", "its host is neither"),
            ("", "the port is missing"),
        ] {
            let error = grants_error(text);
            assert!(
                error.contains(what) && error.contains(text),
                "{text}: {error}"
            );
        }
    }

    fn grants_error(text: &str) -> String {
        let error = Grants::default().add(text).unwrap_err();
        error.message
    }
}
