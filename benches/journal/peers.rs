//! SQLite and redb as journals, with the group commit that the local journal has.

use std::error::Error;
use std::fmt::{self, Debug};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use futures_channel::oneshot;
use redb::{Database, ReadableDatabase, TableDefinition};
use rusqlite::Connection;
use windlass_core::id::RunId;
use windlass_core::journal::{Journal, JournalError};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One append.
pub(crate) struct Entry {
    run: RunId,
    index: u64,
    body: Vec<u8>,
}

/// A store that makes many entries durable at once.
pub(crate) trait Store: Send + 'static {
    fn commit(&mut self, batch: &[Entry]) -> Outcome<()>;
    fn read(&mut self, run: &RunId) -> Outcome<Vec<Vec<u8>>>;
}

/// Group commit over a store: what gathers during one commit is the next.
pub(crate) struct Grouped<S> {
    shared: Arc<Shared<S>>,
    writer: Option<JoinHandle<()>>,
}

struct Shared<S> {
    store: Mutex<S>,
    queue: Mutex<Queue>,
    arrived: Condvar,
}

#[derive(Default)]
struct Queue {
    entries: Vec<Entry>,
    waiting: Vec<oneshot::Sender<Result<(), String>>>,
    told: usize,
    idle: bool,
    closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store> Grouped<S> {
    pub(crate) fn start(store: S) -> Outcome<Self> {
        let shared = Arc::new(Shared {
            store: Mutex::new(store),
            queue: Mutex::default(),
            arrived: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let writer = thread::Builder::new().spawn(move || theirs.write())?;
        Ok(Self { shared, writer: Some(writer) })
    }
}

impl<S: Store> Shared<S> {
    fn write(&self) {
        loop {
            let mut queue = lock(&self.queue);
            while queue.entries.is_empty() {
                if queue.closed {
                    return;
                }
                queue.idle = true;
                queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            let (mut seen, mut patience) = (0, 32);
            while queue.waiting.len() < queue.told && patience > 0 {
                let len = queue.waiting.len();
                patience = if len > seen { 32 } else { patience - 1 };
                seen = len;
                drop(queue);
                thread::yield_now();
                queue = lock(&self.queue);
            }
            queue.told = queue.waiting.len();
            let entries = std::mem::take(&mut queue.entries);
            let waiting = std::mem::take(&mut queue.waiting);
            drop(queue);
            let outcome = lock(&self.store).commit(&entries).map_err(|cause| cause.to_string());
            for sender in waiting {
                let _gone = sender.send(outcome.clone());
            }
        }
    }
}

fn storage(reason: impl fmt::Display) -> JournalError {
    JournalError::Storage { place: "the peer".to_owned(), reason: reason.to_string() }
}

#[async_trait]
impl<S: Store> Journal for Grouped<S> {
    async fn append(&self, run: &RunId, index: u64, body: Vec<u8>) -> Result<(), JournalError> {
        let (sender, landing) = oneshot::channel();
        {
            let mut queue = lock(&self.shared.queue);
            queue.entries.push(Entry { run: run.clone(), index, body });
            queue.waiting.push(sender);
            if std::mem::take(&mut queue.idle) {
                drop(queue);
                self.shared.arrived.notify_one();
            }
        }
        landing.await.map_err(storage)?.map_err(storage)
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        lock(&self.shared.store).read(run).map_err(storage)
    }

    async fn ends(&self, _: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        Err(storage("not measured"))
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        Err(storage("not measured"))
    }

    async fn remove(&self, _: &RunId) -> Result<(), JournalError> {
        Err(storage("not measured"))
    }
}

impl<S> Drop for Grouped<S> {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.arrived.notify_one();
        if let Some(writer) = self.writer.take() {
            let _panicked = writer.join();
        }
    }
}

impl<S> Debug for Grouped<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grouped")
    }
}

/// SQLite in its fastest form that was found: rows in the order of arrival and one index over run
/// and record, not a table clustered by run (four times slower).
pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn open(dir: &Path) -> Outcome<Self> {
        let connection = Connection::open(dir.join("journal.db"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "create table record(run text, at integer, body blob, primary key (run, at))",
        )?;
        Ok(Self(connection))
    }
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &[Entry]) -> Outcome<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached("insert into record values (?, ?, ?)")?;
            for entry in batch {
                let at = i64::try_from(entry.index)?;
                insert.execute((entry.run.as_str(), at, &entry.body))?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, run: &RunId) -> Outcome<Vec<Vec<u8>>> {
        let mut select =
            self.0.prepare_cached("select body from record where run = ? order by at")?;
        let rows = select.query_map([run.as_str()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// redb with the natural key.
pub(crate) struct Redb(Database);

const BY_RUN: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("record");

impl Redb {
    pub(crate) fn open(dir: &Path) -> Outcome<Self> {
        Ok(Self(Database::create(dir.join("journal.redb"))?))
    }
}

impl Store for Redb {
    fn commit(&mut self, batch: &[Entry]) -> Outcome<()> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(BY_RUN)?;
            for entry in batch {
                table.insert((entry.run.as_str(), entry.index), entry.body.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, run: &RunId) -> Outcome<Vec<Vec<u8>>> {
        let table = self.0.begin_read()?.open_table(BY_RUN)?;
        let name = run.as_str();
        let rows = table.range((name, 0)..=(name, u64::MAX))?;
        rows.map(|row| Ok(row?.1.value().to_vec())).collect()
    }
}

/// redb as an append-only log: the key is a sequence number, run and index stand in the value.
pub(crate) struct RedbLog {
    database: Database,
    next: u64,
}

const LOG: TableDefinition<'_, u64, (&str, u64, &[u8])> = TableDefinition::new("log");

impl RedbLog {
    pub(crate) fn open(dir: &Path) -> Outcome<Self> {
        Ok(Self { database: Database::create(dir.join("journal.redb"))?, next: 0 })
    }
}

impl Store for RedbLog {
    fn commit(&mut self, batch: &[Entry]) -> Outcome<()> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(LOG)?;
            for entry in batch {
                let value = (entry.run.as_str(), entry.index, entry.body.as_slice());
                table.insert(self.next, value)?;
                self.next += 1;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, run: &RunId) -> Outcome<Vec<Vec<u8>>> {
        let table = self.database.begin_read()?.open_table(LOG)?;
        let mut found = Vec::new();
        for row in table.range(0u64..)? {
            let (_, value) = row?;
            let (name, _, body) = value.value();
            if name == run.as_str() {
                found.push(body.to_vec());
            }
        }
        Ok(found)
    }
}
