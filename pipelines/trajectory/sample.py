"""The built-in sample of the trajectory pipeline: walkers on a square, each with goals, who avoid one another.

    from pipelines.trajectory import sample
    columns = sample.generate()          # {"frame": [...], "agent": [...], "x": [...], "y": [...]}

Everything is simulated by a small model of our own, after the idea of social forces (Helbing & Molnár 1995, Physical
Review E 51, 4282). The square is 24 m wide, with a gate in the middle of each side. A walker comes in by a gate and
leaves by another, straight across or by way of one of four doors of a kiosk in the middle. At every tenth of a second
the velocity v of a walker changes by

    (s e - v) / 0.5 s  +  sum over others of 2.1 exp((0.6 - d) / 0.5) n

s is the speed that it prefers (normal, 1.3 m/s and 0.2), e the direction to its next goal, d the distance to another
where both will be in half a second, n the unit vector from there to here. Walkers come at random, one in 1.6 s. A few
stand for a while at the kiosk. Every fourth tenth of a second, 0.4 s, is written down with noise of 1 cm.

So paths bend around the kiosk, to gates, and away from others: a walk straight on is wrong in ways that can be learned
from the seen points of the walker and of its neighbours. Generating takes a few seconds.
"""

import numpy as np

VERSION = 1  # add one when `generate` returns something else
SECONDS = 600  # that are simulated
TICK, WRITTEN = 0.1, 4  # seconds; ticks from one frame written down to the next
WIDTH, KIOSK = 24.0, 3.0  # metres
ARRIVALS = 1.6  # seconds from one walker to the next, on average
GATES = np.array([[-WIDTH, 0], [WIDTH, 0], [0, -WIDTH], [0, WIDTH]]) / 2
DOORS = np.array([[-KIOSK, KIOSK], [KIOSK, KIOSK], [-KIOSK, -KIOSK], [KIOSK, -KIOSK]])
NOISE = 0.01  # metres


def generate(seconds=SECONDS, seed=0):
    """Simulates so many seconds; the same seed gives the same paths.

    >>> columns = generate(seconds=60)
    >>> sorted(columns), len(columns["x"]) > 1000
    (['agent', 'frame', 'x', 'y'], True)
    """
    draw, crowd = np.random.default_rng(seed), _Crowd()
    columns = {"frame": [], "agent": [], "x": [], "y": []}
    for tick in range(int(seconds / TICK)):
        if draw.random() < TICK / ARRIVALS:
            crowd.enter(draw)
        crowd.move(draw)
        if tick % WRITTEN == 0:
            points = crowd.points + draw.normal(0, NOISE, crowd.points.shape)
            columns["frame"] += [tick] * len(points)
            columns["agent"] += crowd.names.tolist()
            columns["x"] += np.round(points[:, 0], 3).tolist()
            columns["y"] += np.round(points[:, 1], 3).tolist()
    return columns


class _Crowd:
    """The walkers on the square: arrays with a row a walker, and the goals that each still has."""

    def __init__(self):
        self.points, self.velocities, self.speeds = np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)
        self.waits, self.names, self.goals, self.count = np.zeros(0), np.zeros(0, np.int64), [], 0

    def enter(self, draw):
        """A walker comes in by a gate."""
        start, end = draw.choice(4, 2, replace=False)
        way = [DOORS[draw.integers(4)]] if draw.random() < 0.6 else []
        wide = [point + draw.normal(0, 0.8, 2) for point in (GATES[start], *way, GATES[end])]
        speed = max(0.5, draw.normal(1.3, 0.2))
        ahead = wide[1] - wide[0]
        self.points = np.vstack([self.points, wide[0]])
        self.velocities = np.vstack([self.velocities, speed * ahead / np.linalg.norm(ahead)])
        self.speeds, self.waits = np.append(self.speeds, speed), np.append(self.waits, 0.0)
        self.names, self.goals, self.count = np.append(self.names, self.count), [*self.goals, wide[1:]], self.count + 1

    def move(self, draw):
        """One tick; who has reached the last goal is gone."""
        if not len(self.points):
            return
        ahead = np.array([goals[0] for goals in self.goals]) - self.points
        far = np.linalg.norm(ahead, axis=1, keepdims=True)
        wanted = (self.speeds * (self.waits <= 0))[:, None] * ahead / np.maximum(far, 1e-6)
        pushes = self._pushes() * (self.waits <= 0)[:, None]
        self.velocities = self.velocities + TICK * ((wanted - self.velocities) / 0.5 + pushes)
        self.points, self.waits = self.points + TICK * self.velocities, self.waits - TICK
        for walker in np.flatnonzero(far[:, 0] < 0.7):
            del self.goals[walker][0]
            if self.goals[walker] and draw.random() < 0.15:
                self.waits[walker] = draw.uniform(3, 12)
        self._leave(np.array([bool(goals) for goals in self.goals]))

    def _pushes(self):
        """How others are avoided, (walkers, 2): away from where they will be, the nearer the more."""
        soon = self.points + 0.5 * self.velocities
        apart = soon[:, None] - soon
        distances = np.maximum(np.linalg.norm(apart, axis=-1), 1e-3)
        strengths = 2.1 * np.exp((0.6 - distances) / 0.5)
        np.fill_diagonal(strengths, 0)
        return ((strengths / distances)[..., None] * apart).sum(axis=1)

    def _leave(self, stay):
        self.points, self.velocities, self.speeds = self.points[stay], self.velocities[stay], self.speeds[stay]
        self.waits, self.names = self.waits[stay], self.names[stay]
        self.goals = [goals for goals, stays in zip(self.goals, stay, strict=True) if stays]
