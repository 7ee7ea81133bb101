"""One window of five minutes: what comes before what.

The order is the contract: information moves only at the end of a window, so within a phase nobody can see what anybody
else does, and the work may be cut in any way without changing the answer.
"""

from twin.engine import phases
from twin.engine.world import World


def step(world: World, window: int) -> None:
    """Advance the world by one window."""
    # Those who stay near home live the day at once; those who have to go out are called at their second.
    if window == 0:
        phases.live_eve(world)
    if phases.is_midnight(world, window):
        phases.plan_day(world, window)
    phases.call(world, window)

    # Vehicles, each by itself: choose by what was known a window ago, then drive.
    phases.move(world, window)

    # Barrier: everybody who arrived, in the order of station, second and vehicle.
    phases.exchange(world, window)

    # Stations, each by itself: queues, plugs and power, to the second.
    phases.serve(world, window)

    # Barrier: what drivers will know in the next window.
    phases.publish(world, window)
