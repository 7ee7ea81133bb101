"""A run cut into parts: whoever computes them, and whatever breaks meanwhile, the bytes are those of one process."""

from __future__ import annotations

import gc
import os
import socket
import threading
import warnings
from contextlib import nullcontext, suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from tests import resumable
from tests.lived import live
from tests.nation import small_given, with_everything, with_second_road
from tests.resumable import bytes_of
from tests.small_nations import nation_of
from twin.agents import GridOperator
from twin.config import load
from twin.engine.given import Given
from twin.engine.window import step as run_window
from twin.engine.world import build_world
from twin.errors import ConfigError, EngineError, WorkerLostError
from twin.parallel import Chair, LocalCrew, cut_by_load, flow, line, meeting, packets
from twin.parallel.crew import RayCrew, hired
from twin.parallel.parts import OWNED, whose
from twin.progress import Clock
from twin.store import unfinished_day

JAM = {
    "n_vehicles": 1200, "n_zones": 4, "n_days": 1, "n_evse": 2, "p_leave": 0.6, "link_km": 90.0, "soc": 0.5,
    "site_limit_share": 0.5, "reservation_share": 0.3, "window_s": 900, "reroute_every_s": 3600, "navigation_share": 0.7,
    "overstay_s": 600.0, "exit_share": 0.5,
}  # fmt: skip
"""A holiday: everybody leaves, cars and trucks queue far from home, and some stations share too little power."""
QUIET = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")


def jam() -> Given:
    """Return the holiday with everything that a scenario can ask for."""
    return with_everything(with_second_road(small_given(**JAM), capacity_per_h=20.0))


@pytest.fixture(scope="module")
def alone() -> str:
    return live(jam()).digest()


@pytest.mark.parametrize("n_workers", [1, 2, 3, 7])
def test_parts_in_this_process_leave_the_bytes_of_one(alone: str, n_workers: int) -> None:
    assert live(jam(), crew=LocalCrew(n_workers)).digest() == alone


@pytest.mark.parametrize("seed", [2, 3, 8, 10, 15, 17, 25])
def test_drawn_nations_are_the_same_in_parts(seed: int) -> None:
    """Outages, set trips, plugs for some only, short windows, photovoltaics, new routes, whatever the dice give."""
    assert live(nation_of(seed), crew=LocalCrew(3)).digest() == live(nation_of(seed)).digest()


def test_the_jam_is_one() -> None:
    """It tests what it should: rows cross between parts, and everything that it asks for happens."""
    crew = LocalCrew(4)
    lived = live(jam(), crew=crew)
    totals, counts = lived.totals, lived.totals.counts
    assert sum(cost.n_visitors for cost in lived.world.peers.costs()) > 0.1 * totals.stations.n_arrivals.sum()
    assert min(totals.stations.n_balked.sum(), totals.stations.n_reneged.sum(), totals.plant_sums.used_ws.sum()) > 0
    assert min(counts[name] for name in ("n_swaps", "n_v2g_calls", "n_cut_off", "n_stranded")) > 0
    assert lived.world.outlooks[0].n_rerouted[0] > 3
    shares = [member.trees_of(9) for member in crew.members]
    assert [zone for share in shares for zone in share] == list(range(9))
    assert not lived.world.peers.trees_of(9)
    assert all(law.holds for law in totals.laws)


def test_a_midnight_can_be_kept_and_lived_on_by_any_number(tmp_path: Path) -> None:
    """Three workers stop in the third day; others go on from the second midnight, and so does one process."""

    def employ(n: int) -> Any:
        return lambda world: nullcontext(Chair(world, LocalCrew(n), 1.0))

    def stop(second: int, *_: Any) -> None:
        if second > 60 * 3600:
            raise KeyboardInterrupt

    wanted = tables(resumable.run(tmp_path / "calm", resume=False, every_days=0))
    for name, how in (("others", employ(2)), ("one", lambda world: nullcontext())):
        with pytest.raises(KeyboardInterrupt):
            resumable.run(tmp_path / name, resume=False, on_hour=stop, employ=employ(3))
        assert unfinished_day(tmp_path / name) == 2
        assert tables(resumable.run(tmp_path / name, resume=True, employ=how)) == wanted


def tables(run: Path) -> dict[str, str]:
    """Return the hashes of a run's tables; what is written down of the end holds the places of slots."""
    return {name: digest for name, digest in bytes_of(run).items() if name.endswith(".parquet")}


def test_agents_of_ones_own_stay_in_one_process(tmp_path: Path) -> None:
    """What they read and write does not all travel: refused before a cluster is sought, and nothing is left behind."""

    class Own(GridOperator):
        pass

    with pytest.raises(ConfigError, match="agents: found Own and address 'local'; wanted one of the two"):
        twin.run(load("configs/smoke.yaml"), out=tmp_path / "run", address="local", agents={GridOperator: Own})
    assert not list(tmp_path.iterdir())


def test_parts_weigh_about_the_same_and_leave_out_nobody() -> None:
    given = small_given(n_vehicles=3000, n_zones=12)
    for n_parts in (1, 3, 20):
        parts = cut_by_load(given, n_parts)
        assert [part.first_zone for part in parts[1:]] == [part.end_zone for part in parts[:-1]]
        assert (parts[0].first_zone, parts[-1].end_zone) == (0, 12)
    sizes = [part.end_zone - part.first_zone for part in cut_by_load(given, 3)]
    assert max(sizes) - min(sizes) <= 1


def test_vehicles_in_no_order_are_refused() -> None:
    given = small_given()
    given.vehicles.home[0] = 4
    with pytest.raises(EngineError, match="found homes in no order"):
        cut_by_load(given, 2)


def test_a_new_array_must_say_whose_it_is() -> None:
    assert whose("totals.n_arrivals") == "books"
    assert whose("outlooks.3.links") == "shared"
    with pytest.raises(EngineError, match="batteries: nothing says which process of a run owns it"):
        whose("batteries")
    assert "ledger.ring" in OWNED


def test_what_is_decided_at_midnight_reaches_the_stations() -> None:
    """Prices, which all hold, and a site's limit, which the station's worker reads: as in one process."""

    def decided(crew: LocalCrew | None) -> Any:
        told: list[Any] = []
        model = resumable.build(lambda name, table: told.append(table))
        if crew is not None:
            Chair(model.world, crew, 1.0)
        while not model.is_over:
            if model.day == 1:
                model.world.given.prices[:31] *= 3.0
                model.world.given.stations.site_limit_w[:] //= 2
                model.world.station_state.fails_s[3] = model.world.station_state.fails_s[3]
            model.step()
        return [np.ascontiguousarray(column).tobytes() for table in told for column in table]

    assert decided(LocalCrew(3)) == decided(None)


# Lines


def test_packets_arrive_as_they_were_sent() -> None:
    """Empty arrays, those of no order of their own, rows of records; and they may be written where they arrive."""
    one, other = line.pair()
    rows = np.zeros(3, [("vehicle", np.int32), ("wait_s", np.float64)])
    sent = [np.zeros(0, np.int32), np.zeros((4, 0, 2)), np.arange(12).reshape(3, 4).T, np.arange(9)[::2], np.array(7), rows]
    large = np.arange(3_000_000)
    threading.Thread(target=lambda: one.send(line.pack(packets.Sum(large)), line.pack((sent, None)))).start()
    assert (other.receive().numbers == large).all()
    arrived, nothing = other.receive()
    assert nothing is None
    for before, after in zip(sent, arrived, strict=True):
        assert (after.dtype, after.shape, after.tobytes()) == (before.dtype, before.shape, before.tobytes())
        after[...] = after
    one.close()
    with pytest.raises(line.LineError, match="the other side hung up"):
        other.receive()


def test_all_tell_all_others_at_once_however_much_it_is() -> None:
    """More than any line holds at once, from everybody to everybody: nobody waits for who waits for it."""
    n = 4
    ends: dict[tuple[int, int], line.Line] = {}
    for one, other in combinations(range(n), 2):
        ends[one, other], ends[other, one] = line.pair()
    heard: list[list[Any]] = [[] for _ in range(n)]

    def tell(at: int) -> None:
        others = [other for other in range(n) if other != at]
        for turn in range(3):
            own = [line.pack((at, other, turn)) for other in others]
            heard[at].append(line.swap([ends[at, other] for other in others], line.pack(np.full(1_000_000, at)), own))

    telling = [threading.Thread(target=tell, args=(at,), daemon=True) for at in range(n)]
    for thread in telling:
        thread.start()
    for at, thread in enumerate(telling):
        thread.join(60.0)
        others = [other for other in range(n) if other != at]
        for turn, told in enumerate(heard[at]):
            assert [own for _, own in told] == [(other, at, turn) for other in others]
            assert all(
                (common == other).all() and len(common) == 1_000_000 for other, (common, _) in zip(others, told, strict=True)
            )
        assert len(heard[at]) == 3


def test_a_swap_says_whose_line_broke() -> None:
    (one, _), (other, gone) = line.pair(), line.pair()
    gone.close()
    with pytest.raises(line.LineError, match="the line broke") as raised:
        line.swap([one, other], line.pack(None), [line.pack(0), line.pack(1)])
    assert raised.value.at == 1


def test_a_line_that_is_forgotten_is_closed() -> None:
    """Also one in a cycle, where the collector takes sockets before the lines that hold them."""
    ends = line.pair()
    told: list[Any] = [ends[0]]
    told.append(told)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        del ends, told
        gc.collect()
    assert [str(each.message) for each in warned if each.category is ResourceWarning] == []


def test_who_lacks_the_key_is_refused_and_waited_past() -> None:
    """Strangers who hang up, say nonsense or hold another key get no line; who holds the key does, on a watched line."""
    ear, key, found = meeting.Ear("127.0.0.1"), b"k" * meeting.KEY_BYTES, []
    waiting = threading.Thread(target=lambda: found.append(ear.answer(key, 1, 20.0)[7]))
    waiting.start()
    socket.create_connection(ear.place).close()
    with socket.create_connection(ear.place) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n" * 8)
        stranger.settimeout(10.0)
        with suppress(ConnectionResetError):
            while stranger.recv(4096):
                pass
    with pytest.raises(line.LineError, match=r"does not hold the key of the run|hung up|reset"):
        meeting.dial(ear.place, b"x" * meeting.KEY_BYTES, 0, 5.0)
    ours = meeting.dial(ear.place, key, 7, 5.0)
    waiting.join()
    found[0].send(line.pack("hello"))
    assert ours.receive() == "hello"
    for end in (ours, found[0]):
        watched = socket.socket(fileno=os.dup(end.fileno()))
        with watched:
            assert watched.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    with pytest.raises(line.LineError, match="refused"):
        meeting.dial(ear.place, key, 7, 5.0)


@pytest.mark.parametrize(
    ("fault", "wanted", "text"),
    [
        (EngineError("station 7: found -3 Ws"), EngineError, "^station 7: found -3 Ws$"),
        (KeyError("zone"), KeyError, "zone"),
        (line.LineError("hung up"), WorkerLostError, "^a worker of the run was lost: number 1: the line broke"),
    ],
)
def test_what_goes_wrong_in_a_worker_ends_the_run_as_it_is(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, wanted: type[Exception], text: str
) -> None:
    """A law that is broken keeps its text; a line that breaks in the middle of a day is a lost worker."""

    def step(world: Any, window: int) -> None:
        if window == 30 and world.peers._at == 1:
            raise fault
        run_window(world, window)

    monkeypatch.setattr("twin.parallel.member.step", step)
    with pytest.raises(wanted, match=text):
        live(jam(), crew=LocalCrew(3))


def test_a_fault_that_cannot_travel_sends_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class OwnError(Exception):
        pass

    def step(world: Any, window: int) -> None:
        raise OwnError("no room")

    monkeypatch.setattr("twin.parallel.member.step", step)
    with pytest.raises(EngineError, match=r"^worker: OwnError: no room$"):
        live(jam(), crew=LocalCrew(1))


# Ray


@QUIET
def test_actors_leave_the_bytes_of_one_process(cluster: Any, alone: str) -> None:
    with hired(cluster, 7, 1) as crew:
        for n_workers in (1, 2, 3, 7):
            lived = live(jam(), crew=RayCrew(cluster, crew.actors[:n_workers]))
            assert lived.digest() == alone, n_workers


@QUIET
def test_a_lost_worker_sends_the_run_back_to_midnight(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is killed: without checkpoints the run ends and says so, with them it goes on by itself."""
    monkeypatch.setattr(flow, "connected", lambda address, **_: nullcontext(cluster))
    config = load("configs/smoke.yaml", ["fleet.sample=0.0001", "output.sessions=all"])
    killed: list[str] = []

    def lived(every_days: int) -> Any:
        def one_life(config: Any, out: Path, clock: Any, resume: bool, n_threads: int, employ: Any) -> Path:
            worlds: list[Any] = []

            def kill_once(second: int, *_: Any) -> None:
                if second == (30 if every_days else 1) * 3600 and out.name not in killed:
                    killed.append(out.name)
                    cluster.kill(worlds[0].peers._crew.actors[1])

            def employed(world: Any) -> Any:
                worlds.append(world)
                return employ(world)

            return resumable.run(out, resume=resume, on_hour=kill_once, every_days=every_days, employ=employed)

        return one_life

    calm = tables(resumable.run(tmp_path / "calm", resume=False, every_days=0))
    clock = Clock(config, None)
    with pytest.raises(WorkerLostError, match=r"a worker of the run was lost.*nothing is kept to go on from"):
        flow.live_on("local", 2, config, tmp_path / "none", clock, False, lived(0))
    out = flow.live_on("local", 2, config, tmp_path / "kept", clock, False, lived(1))
    assert killed == ["none", "kept"]
    assert tables(out) == calm


@QUIET
def test_workers_without_room_are_named(cluster: Any) -> None:
    wanted = r"--workers 2: found room for 0 \(node .* has \d+ CPUs and .* GB\); wanted a CPU and 1000000.0 GB for each"
    with pytest.raises(ConfigError, match=wanted), hired(cluster, 2, 10**15):
        raise AssertionError


@QUIET
def test_a_worker_out_of_reach_is_named(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(place: tuple[str, int], key: bytes, number: int, within_s: float) -> Any:
        raise line.LineError("timed out")

    monkeypatch.setattr("twin.parallel.crew.dial", closed)
    wanted = r"worker 0 at [\d.:a-f]+: found no way to its port \d+ from here \(timed out\); wanted a TCP line .*; start"
    with pytest.raises(ConfigError, match=wanted), hired(cluster, 2, 1):
        raise AssertionError


@QUIET
def test_workers_out_of_each_others_reach_are_named(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chair finds a way to both, but the second is told a port at which the first does not listen."""
    call = RayCrew.call

    def misled(crew: Any, method: str, common: Any = None, own: Any = None) -> Any:
        if method == "meet":
            key, places, within_s = common
            common = key, [(places[0][0], 1), *places[1:]], within_s
        return call(crew, method, common, own)

    monkeypatch.setattr("twin.parallel.crew.MEET_S", 2.0)
    monkeypatch.setattr(RayCrew, "call", misled)
    wanted = r"worker 0 at [\d.:a-f]+: found no way to its port \d+ from worker 1 at [\d.:a-f]+ \(.*refused.*\); wanted"
    with pytest.raises(ConfigError, match=wanted), hired(cluster, 2, 1):
        raise AssertionError


@QUIET
def test_a_fault_of_an_actor_keeps_its_text(cluster: Any) -> None:
    with hired(cluster, 2, 1) as workers:
        model = build_world(jam(), 1)
        Chair(model, workers, 0.0)
        workers.tell((0, {"n_evse": np.zeros(3, np.int64)}))
        with pytest.raises(ValueError, match="could not broadcast"):
            workers.hear()
