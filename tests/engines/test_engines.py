"""Shards spread over processes by Spark and by Ray, which are killed, stopped, started twice: the lake is that of one
process, byte for byte."""

import contextlib
import os
import pathlib
import signal
import time
import unittest

from world import ROOT, World

WORKER = pathlib.Path(os.environ.get("BUCKETSCOPE_WORKER", ROOT / "target/release/bucketscope-worker"))
# Two executors, each a process with a core, as on two machines.
SPARK = "--master local-cluster[2,1,1024] --conf spark.ui.enabled=false --driver-memory 1g "
SPARK += "--conf spark.executor.memory=512m pyspark-shell"
EXECUTOR = "CoarseGrainedExecutorBackend"
SHARD = ("shard", "--tied")
TWICE = pathlib.Path(__file__).parent / "twice.py"


def setUpModule():
    global world
    world = World(WORKER)
    world.lake_of_one_process()


def tearDownModule():
    world.close()


class Engines(unittest.TestCase):
    def assert_same_lake(self, lake):
        found, expected = world.contents(lake), world.lake_of_one_process()
        self.assertEqual(sorted(found), sorted(expected))
        self.assertEqual(found, expected)

    def spark(self, lake, **more):
        more.setdefault("PYSPARK_SUBMIT_ARGS", SPARK)
        job = world.job(lake, "glueetl", **more)
        self.addCleanup(job.kill)
        return job

    def ray(self, lake, **more):
        job = world.job(lake, "ray", RAY_NUM_CPUS="2", **more)
        self.addCleanup(job.kill)
        return job


class Spark(Engines):
    def test_an_executor_is_killed(self):
        job = self.spark("executor")
        job.until_done(3)
        executors = job.processes(EXECUTOR)
        self.assertEqual(len(executors), 2)
        os.kill(executors[0], signal.SIGKILL)
        summary = job.succeed()
        self.assertEqual((summary["commits"], summary["resumed"]), ([1], 0))
        self.assertRegex(job.out, r"shards (\d+) of \1\n")
        self.assert_same_lake("executor")

    def test_every_task_runs_twice(self):
        job = self.spark("twice", script=TWICE)
        self.assertEqual(job.succeed()["commits"], [1])
        self.assert_same_lake("twice")

    def test_a_task_whose_executor_is_lost_wakes_up_after_the_commit(self):
        job = self.spark("late")
        job.until_done(2)
        asleep = job.until_process(*SHARD)
        for process in asleep:
            os.kill(process, signal.SIGSTOP)
            self.addCleanup(go_on, process)
        for process in job.processes(EXECUTOR):
            os.kill(process, signal.SIGKILL)
        self.assertEqual(job.succeed()["commits"], [1])
        self.assert_same_lake("late")
        # What these write now, they write over what others wrote.
        for process in asleep:
            go_on(process)
        time.sleep(1)
        self.assert_same_lake("late")

    def test_the_driver_is_killed_with_all_that_it_started_and_the_next_one_goes_on(self):
        job = self.spark("driver")
        job.until_done(3)
        job.kill()
        self.assertEqual(job.wait(), -signal.SIGKILL)
        done = world.done("driver")
        again = self.spark("driver")
        summary = again.succeed()
        self.assertEqual((summary["commits"], summary["resumed"]), ([1], 1))
        self.assertRegex(again.out, r"plan 1: .*resumed with %d shards done" % done)
        self.assert_same_lake("driver")

    def test_asked_to_stop_it_ends_at_a_place_from_which_the_next_one_goes_on(self):
        job = self.spark("asked")
        job.until_done(3)
        job.process.send_signal(signal.SIGTERM)
        self.assertNotEqual(job.wait(), 0)
        self.assertIn("LauncherError: the worker ended with exit code 130: error: interrupted", job.err)
        self.assertEqual(self.spark("asked").succeed()["resumed"], 1)
        self.assert_same_lake("asked")

    def test_a_task_runs_no_program_but_the_deployed_one(self):
        job = self.spark("exchanged")
        job.until_done(2)
        program = next(pathlib.Path(world.folder.name).glob("bucketscope-*/%s" % world.sha256))
        other = program.with_suffix(".other")
        other.write_text("#!/bin/sh\nexit 0\n")
        other.chmod(0o700)
        other.replace(program)
        self.assertEqual(job.succeed()["commits"], [1])
        self.assertEqual(program.read_bytes(), world.worker.read_bytes())
        self.assert_same_lake("exchanged")

    def test_another_program_under_the_name_of_the_deployed_one_is_not_run(self):
        job = self.spark("stolen", sha256="0" * 64)
        self.assertNotEqual(job.wait(), 0)
        self.assertIn("is not the worker that was deployed", job.err)
        self.assertEqual(world.keys("stolen/"), [])

    def test_a_task_that_fails_for_good_fails_the_run_with_its_reason_and_what_is_done_stays_done(self):
        job = self.spark("lost")
        job.until_done(1)
        *_, path = world.keys("lost/_state/plans/000000000001-a1/lists/")
        text = world.take(path)
        self.assertNotEqual(job.wait(), 0)
        self.assertRegex(job.err, r"not all shards could be worked on: shard \d+: the worker ended with exit code 1: .*missing")
        world.put(path, text)
        self.assertEqual(self.spark("lost").succeed()["resumed"], 1)
        self.assert_same_lake("lost")


class Ray(Engines):
    def test_a_process_of_a_task_is_killed(self):
        job = self.ray("ray-process")
        job.until_done(3)
        os.kill(job.until_process("ray::work_shard")[0], signal.SIGKILL)
        summary = job.succeed()
        self.assertEqual((summary["commits"], summary["resumed"]), ([1], 0))
        self.assert_same_lake("ray-process")

    def test_the_driver_is_killed_and_the_next_one_goes_on(self):
        job = self.ray("ray-driver")
        job.until_done(3)
        job.kill()
        job.wait()
        job.end_rest()
        self.assertEqual(self.ray("ray-driver").succeed()["resumed"], 1)
        self.assert_same_lake("ray-driver")

    def test_every_task_runs_twice(self):
        job = self.ray("ray-twice", script=TWICE)
        self.assertEqual(job.succeed()["commits"], [1])
        self.assert_same_lake("ray-twice")


def go_on(process):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
