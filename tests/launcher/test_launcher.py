"""The launcher of the Python shell job, with a store in memory and workers that are shell scripts."""

import ast
import contextlib
import hashlib
import importlib.util
import io
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import unittest.mock

PATH = pathlib.Path(__file__).parents[2] / "jobs" / "launcher.py"
SPEC = importlib.util.spec_from_file_location("launcher", PATH)
launcher = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(launcher)

PIPELINE = json.dumps({"lake": {"region": "eu-west-1", "owner": "111122223333"}})


class Cloud:
    """S3 with one object, and CloudWatch."""

    def __init__(self, worker, refuses_metrics=False):
        self.worker = worker.encode()
        self.refuses_metrics = refuses_metrics
        self.asked = []
        self.metrics = []

    def client(self, service, region):
        self.asked.append((service, region))
        return self

    def get_object(self, **arguments):
        self.asked.append(arguments)
        return {"Body": io.BytesIO(self.worker)}

    def put_metric_data(self, **arguments):
        if self.refuses_metrics:
            raise RuntimeError("AccessDenied")
        self.metrics.append(arguments)

    def arguments(self, *more, sha256=None):
        sha256 = sha256 or hashlib.sha256(self.worker).hexdigest()
        return [
            "--job-bookmark-option", "job-bookmark-disable", "--pipeline", PIPELINE, "--worker-bucket", "assets",
            "--worker-key", sha256 + "/worker", "--worker-sha256=" + sha256, "--job-language", "python",
            "--metric-namespace", "bucketscope/a", *more,
        ]

    def launch(self, *more, sha256=None):
        """Gives what was printed on stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            launcher.launch(self.arguments(*more, sha256=sha256), {}, self.client)
        return out.getvalue(), err.getvalue()


def script(text):
    return "#!/bin/sh\n" + textwrap.dedent(text)


class Launcher(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = folder.name

    def test_it_is_python_3_9(self):
        ast.parse(PATH.read_text(), feature_version=(3, 9))

    def test_it_runs_the_worker_with_its_arguments(self):
        cloud = Cloud(script("""
            for argument in "$@"; do echo "$argument"; done
            echo "$AWS_REGION" >&2
        """))
        out, err = cloud.launch("--from", "2026-01-01", "--to=2026-01-02")
        self.assertEqual(out.splitlines(), ["run", "--pipeline", PIPELINE, "--from", "2026-01-01", "--to", "2026-01-02"])
        self.assertEqual(err, "eu-west-1\n")

    def test_it_has_the_worker_test_itself_where_it_is_asked_to(self):
        cloud = Cloud(script("""for argument in "$@"; do echo "$argument"; done"""))
        self.assertEqual(cloud.launch("--self-test", "true")[0].splitlines(), ["self-test", "--pipeline", PIPELINE])

    def test_it_has_the_worker_compact(self):
        cloud = Cloud(script("""for argument in "$@"; do echo "$argument"; done"""))
        out, _ = cloud.launch("--task", "compact", "--older-than-ms", "5")
        self.assertEqual(out.splitlines(), ["compact", "--pipeline", PIPELINE, "--older-than-ms", "5"])
        with self.assertRaisesRegex(launcher.LauncherError, "--task must be one of run, compact, not 'shard'"):
            cloud.launch("--task", "shard")

    def test_it_names_the_owner_that_the_bucket_must_have(self):
        cloud = Cloud(script("true"))
        cloud.launch()
        self.assertEqual(cloud.asked[0], ("s3", "eu-west-1"))
        self.assertEqual((cloud.asked[1]["Bucket"], cloud.asked[1]["ExpectedBucketOwner"]), ("assets", "111122223333"))

    def test_another_binary_is_not_run(self):
        cloud = Cloud(script("echo ran"))
        with self.assertRaisesRegex(launcher.LauncherError, "is not the worker that was deployed"):
            cloud.launch(sha256="0" * 64)

    def test_it_is_fetched_once_a_machine_and_verified_each_time(self):
        cloud = Cloud(script("echo ran"))
        given = launcher.parse(cloud.arguments(), {})
        path = launcher.provide(given, cloud.client)
        self.assertEqual(launcher.provide(given, cloud.client), path)
        fetched = [asked for asked in cloud.asked if isinstance(asked, dict)]
        self.assertEqual(len(fetched), 1)
        # Somebody exchanges the file.
        pathlib.Path(path).write_text(script("echo stolen"))
        self.assertEqual(launcher.provide(given, cloud.client), path)
        self.assertEqual(pathlib.Path(path).read_bytes(), cloud.worker)

    def test_a_folder_that_others_may_write_to_is_not_used(self):
        cloud = Cloud(script("echo ran"))
        given = launcher.parse(cloud.arguments(), {})
        usual = pathlib.Path(launcher.provide(given, cloud.client)).parent
        usual.chmod(0o777)
        self.assertNotEqual(pathlib.Path(launcher.provide(given, cloud.client)).parent, usual)

    def test_arguments_may_stand_in_the_environment(self):
        cloud = Cloud(script("true"))
        names = {name: value for name, value in launcher.parse(cloud.arguments(), {}).items()}
        environment = {name[2:]: value for name, value in names.items()}
        self.assertEqual(launcher.parse([], {**environment, "engine": "ray"}), {**names, "--engine": "ray"})

    def test_it_fails_with_the_workers_last_lines(self):
        cloud = Cloud(script("""
            echo working
            echo "error: the bucket is gone" >&2
            exit 3
        """))
        with self.assertRaises(launcher.LauncherError) as raised:
            cloud.launch()
        self.assertEqual(str(raised.exception), "the worker ended with exit code 3: error: the bucket is gone")

    def test_a_worker_that_is_killed_fails_the_job(self):
        with self.assertRaisesRegex(launcher.LauncherError, "was ended by signal 9: it said nothing"):
            Cloud(script("kill -9 $$")).launch()

    def test_what_is_no_program_is_told(self):
        with self.assertRaisesRegex(launcher.LauncherError, "cannot be started on this machine"):
            Cloud("no program").launch()

    def test_it_tells_cloudwatch_what_the_summary_says(self):
        cloud = Cloud(script("""echo progress; echo '{"metrics": {"A": 1.5, "B": null}}'"""))
        cloud.launch()
        data = [{"MetricName": "A", "Value": 1.5, "Unit": "None"}]
        self.assertEqual(cloud.metrics, [{"Namespace": "bucketscope/a", "MetricData": data}])

    def test_it_tells_cloudwatch_of_a_run_that_failed_after_its_commits(self):
        cloud = Cloud(script("""echo '{"metrics": {"A": 2}}'; echo "error: no catalogue" >&2; exit 1"""))
        with self.assertRaisesRegex(launcher.LauncherError, "no catalogue"):
            cloud.launch()
        self.assertEqual(cloud.metrics[0]["MetricData"], [{"MetricName": "A", "Value": 2.0, "Unit": "None"}])

    def test_metrics_that_cannot_be_told_do_not_fail_the_run(self):
        cloud = Cloud(script("""echo '{"metrics": {"A": 1}}'"""), refuses_metrics=True)
        self.assertIn("warning: CloudWatch cannot be told A", cloud.launch()[1])

    def test_a_definition_that_lacks_something_is_told(self):
        with self.assertRaisesRegex(launcher.LauncherError, "no --worker-key, --worker-sha256"):
            launcher.launch(["--pipeline", PIPELINE, "--worker-bucket", "b"], {}, None)
        with self.assertRaisesRegex(launcher.LauncherError, "--pipeline is not what"):
            launcher.launch(["--pipeline", "{}", *Cloud("").arguments()[4:]], {}, None)

    def drive(self, text, spread):
        """Drives a worker; gives what was asked of `spread`, what was told, and what the worker said at the end."""
        cloud = Cloud(script(text))
        asked, stopped = [], []

        def engine(given):
            return lambda plan, numbers: asked.append((plan, numbers)) or spread(), lambda: stopped.append(True)

        with unittest.mock.patch.dict(launcher.ENGINES, {"ray": engine}):
            out, _ = cloud.launch("--engine", "ray")
        self.assertEqual(stopped, [True])
        return asked, [data["MetricData"] for data in cloud.metrics], out.splitlines()

    def test_shards_are_spread_by_number_plan_after_plan(self):
        asked, metrics, out = self.drive("""
            [ $1 = drive ] || exit 9
            for plan in 1 2; do
                echo '{"do":"shards","plan":"p'$plan'","shards":[[0,2],[5,5]],"of":6}'
                read answer
                echo '{"do":"tell","done":6,"of":6}'
            done
            echo "answered $answer"
        """, lambda: None)
        self.assertEqual(asked, [("p1", [0, 1, 2, 5]), ("p2", [0, 1, 2, 5])])
        self.assertEqual(out[-2:], ["shards 6 of 6", "answered done"])
        self.assertEqual([(one["MetricName"], one["Value"]) for one in metrics[0]], [("ShardsDone", 6), ("ShardsPlanned", 6)])

    def test_a_task_that_fails_for_good_fails_the_run_with_its_reason(self):
        def fail():
            raise RuntimeError("An error occurred while calling o1\n : at java\n  x.LauncherError: shard 2: no\n more")

        with self.assertRaisesRegex(launcher.LauncherError, "exit code 1: got failed shard 2: no$"):
            self.drive("""
                echo '{"do":"shards","plan":"p","shards":[[0,2]],"of":3}'
                read answer
                echo "got $answer" >&2
                exit 1
            """, fail)

    def test_a_task_is_the_worker_on_one_shard(self):
        cloud = Cloud(script("""
            for argument in "$@"; do echo "$argument"; done
            [ $# = 8 ] || exit 9
            if [ $8 = 7 ]; then echo "error: no such shard" >&2; exit 1; fi
        """))
        given = launcher.parse(cloud.arguments(), {})
        launcher.provide(given, cloud.client)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            launcher.work_shard(given, "p", 3)
            with self.assertRaisesRegex(launcher.LauncherError, "shard 7: the worker ended with exit code 1: error: no such"):
                launcher.work_shard(given, "p", 7)
        self.assertEqual(
            out.getvalue().splitlines()[:8], ["shard", "--tied", "--pipeline", PIPELINE, "--plan", "p", "--shard", "3"]
        )

    def test_a_request_to_stop_reaches_the_worker(self):
        worker = script("""
            trap 'echo "stopping" >&2; exit 130' TERM
            echo ready
            while :; do sleep 0.05; done
        """)
        program = (
            "import importlib.util, io, sys\n"
            "spec = importlib.util.spec_from_file_location('launcher', %r)\n"
            "launcher = importlib.util.module_from_spec(spec); spec.loader.exec_module(launcher)\n"
            "class S3:\n"
            "    def get_object(self, **_): return {'Body': io.BytesIO(%r)}\n"
            "launcher.launch(sys.argv[1:], {}, lambda service, region: S3())\n" % (str(PATH), worker.encode())
        )
        command = [sys.executable, "-c", program, *Cloud(worker).arguments()]
        job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(job.stdout.readline(), "ready\n")
        job.send_signal(signal.SIGTERM)
        until = time.monotonic() + 20
        while job.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        job.kill()
        _, err = job.communicate()
        self.assertIn("LauncherError: the worker ended with exit code 130: stopping", err)


if __name__ == "__main__":
    unittest.main()
