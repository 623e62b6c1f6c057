//! Threads that do one thing together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::iter::{
    IndexedParallelIterator as _, IntoParallelRefMutIterator as _, ParallelIterator as _,
};

/// A few threads that stay, and sleep when there is nothing to do.
#[derive(Debug)]
pub struct Team {
    /// `None`: the caller's thread alone.
    pool: Option<rayon::ThreadPool>,
}

/// The operating system gives no more threads.
#[derive(Debug, thiserror::Error)]
#[error("the threads of the nets cannot be started: {0}")]
pub struct TeamError(#[from] rayon::ThreadPoolBuildError);

impl Team {
    /// Starts `n_threads` threads; one is no thread but the caller.
    pub fn new(n_threads: usize) -> Result<Self, TeamError> {
        let pool = (1 < n_threads)
            .then(|| {
                rayon::ThreadPoolBuilder::new()
                    .num_threads(n_threads)
                    .thread_name(|idx| format!("net-{idx}"))
                    .build()
            })
            .transpose()?;
        Ok(Self { pool })
    }

    /// How many work together.
    pub fn n_threads(&self) -> usize {
        self.pool
            .as_ref()
            .map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Calls `work` for the first elements of both, for the second ones and so on, spread over the threads.
    pub fn for_each_pair<A: Send, B: Send>(
        &self,
        left: &mut [A],
        right: &mut [B],
        work: impl Fn(&mut A, &mut B) + Sync,
    ) {
        match &self.pool {
            Some(pool) if 1 < left.len().min(right.len()) => pool.install(|| {
                left.par_iter_mut()
                    .with_max_len(1)
                    .zip(right)
                    .for_each(|(left, right)| work(left, right));
            }),
            _ => left
                .iter_mut()
                .zip(right)
                .for_each(|(left, right)| work(left, right)),
        }
    }

    /// Calls `work` once on each thread, all at the same time, and waits for the last.
    pub(super) fn run(&self, work: impl Fn(usize) + Sync) {
        match &self.pool {
            None => work(0),
            Some(pool) => {
                pool.broadcast(|context| work(context.index()));
            }
        }
    }
}

/// Where threads wait for each other, again and again.
#[derive(Debug)]
pub(super) struct Barrier {
    n_threads: usize,
    arrived: AtomicUsize,
    /// Grows by one each time that all have arrived.
    round: AtomicUsize,
    /// A thread that should come never will.
    is_abandoned: AtomicBool,
}

/// While a thread holds it, the others learn of its panic instead of waiting for ever.
pub(super) struct Attendance<'a>(&'a Barrier);

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.is_abandoned.store(true, Ordering::Release);
        }
    }
}

/// So many turns of the waiting loop, tens of microseconds, before the processor is offered to other threads.
const TURNS_BEFORE_YIELDING: usize = 4_000;

impl Barrier {
    pub(super) fn new(n_threads: usize) -> Self {
        Self {
            n_threads,
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            is_abandoned: AtomicBool::new(false),
        }
    }

    /// To be held by each thread that waits here.
    pub(super) const fn attend(&self) -> Attendance<'_> {
        Attendance(self)
    }

    /// Returns when all threads have called it; what they wrote before is visible to all.
    ///
    /// # Panics
    ///
    /// If a thread that held an [`Attendance`] has panicked.
    pub(super) fn wait(&self) {
        if self.n_threads == 1 {
            return;
        }
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.n_threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut turns = 0;
        while self.round.load(Ordering::Acquire) == round {
            assert!(
                !self.is_abandoned.load(Ordering::Relaxed),
                "another thread of the nets has failed"
            );
            turns += 1;
            if turns < TURNS_BEFORE_YIELDING {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_passes_the_barrier_before_all_have_come() {
        const ROUNDS: usize = 200;
        let team = Team::new(3).unwrap();
        let barrier = Barrier::new(team.n_threads());
        let counts: Vec<AtomicUsize> = (0..ROUNDS).map(|_| AtomicUsize::new(0)).collect();
        team.run(|_| {
            for count in &counts {
                count.fetch_add(1, Ordering::Relaxed);
                barrier.wait();
                assert_eq!(count.load(Ordering::Relaxed), 3);
            }
        });
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let team = Team::new(3).unwrap();
        let barrier = Barrier::new(team.n_threads());
        let run = || {
            team.run(|idx| {
                let _attendance = barrier.attend();
                assert_ne!(idx, 1, "one of three fails");
                barrier.wait();
            });
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    }

    #[test]
    fn every_pair_is_worked_on_once() {
        for n_threads in [1, 3] {
            let team = Team::new(n_threads).unwrap();
            for n in [0, 1, 2, 7] {
                let mut left = vec![0; n];
                let mut right: Vec<usize> = (0..n).collect();
                team.for_each_pair(&mut left, &mut right, |left, right| *left += 1 + *right);
                assert_eq!(left, (1..=n).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn one_thread_is_the_caller() {
        let caller = std::thread::current().id();
        Team::new(1).unwrap().run(|idx| {
            assert_eq!((idx, std::thread::current().id()), (0, caller));
        });
    }
}
