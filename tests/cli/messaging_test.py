"""capstan run --subscribe: components that are called for messages."""

import os
import signal
import subprocess

import harness
from harness import GUESTS, LIMIT, NOT_RUNNABLE, PROBE, USAGE

MESSENGER = str(GUESTS / "cli-messenger.component.wasm")
WATCHER = str(GUESTS / "cli-watcher.component.wasm")
LISTENER = str(GUESTS / "cli-listener.component.wasm")
NAME = "cli-messenger.component.wasm"
HANDLER = "wasi:messaging/incoming-handler@0.2.0-draft"
QUICK = ["--backend", "messaging=memory?retry-delay=1ms&attempts=2"]


class Subscribing(harness.CommandTest):
    def test_what_it_sends_it_is_called_for(self):
        self.check(["run", "--subscribe", "orders.*,in-flight=1", MESSENGER, "--", "orders.new", "a book",
                    "orders.old", "a pen", "other", "nobody hears this"],
                   out="orders.new: a book\norders.old: a pen\n")

    def test_every_subscription_is_called_and_one_of_a_group(self):
        finished = self.capstan(["run", "--subscribe", "a,group=one", "--subscribe", "a,group=two",
                                 "--subscribe", ">,group=two", "--subscribe", ">", MESSENGER, "--", "a", "x"])

        # They run at the same time: what they write may be mixed.
        self.assertEqual(sorted(finished.out), sorted("a: x\n" * 3))
        self.assertEqual((finished.err, finished.status), ("", 0))

    def test_it_ends_when_what_follows_is_handled_too(self):
        self.check(["run", "--subscribe", ">", MESSENGER, "--", "a", "forward"],
                   out="a: forward\nnext: forwarded\n")

    def test_without_a_subscription_it_says_how(self):
        self.check(["run", MESSENGER, "--", "a", "x"],
                   err=f"capstan: warning: '{NAME}' handles messages: say which topics it is called for with "
                       "--subscribe\n")

    def test_a_manifest_subscribes(self):
        self.write("app/capstan.toml", f'[component]\nsource = "{MESSENGER}"\n[run]\nsubscribe = ["a.>"]\n'
                                       'args = ["a.b", "x"]\n')
        self.check(["run", "app"], out="a.b: x\n")

    def test_a_label_is_a_broker_of_its_own(self):
        arguments = ["--backend", "messaging:orders=memory", "--env", "BROKER=orders"]
        self.check(["run", *arguments, "--subscribe", "a", MESSENGER, "--", "a", "x"])
        self.check(["run", *arguments, "--subscribe", "a,backend=orders", MESSENGER, "--", "a", "x"], out="a: x\n")

    def test_names_can_be_restricted(self):
        self.check(["run", "--allow-name", "messaging:orders", "--env", "BROKER=secrets", "--subscribe", "a",
                    MESSENGER, "--", "a", "x"],
                   out="permission-denied: 'secrets' is not among the names this component may use\n", status=1)

    def test_its_own_status_and_errors_stay(self):
        self.check(["run", "--subscribe", ">", MESSENGER, "--", "a..b", "x"], status=1,
                   out="other: 'a..b' is no topic: there is nothing before or after one of its dots\n")
        # WASI 0.2 knows success and failure only.
        self.check(["run", "--subscribe", ">", MESSENGER, "--", "exit", "7"], status=1)


class Failing(harness.CommandTest):
    def test_an_error_makes_a_message_come_again_and_then_a_dead_letter(self):
        self.check(["run", *QUICK, "--subscribe", "a", "--subscribe", "$dead.>", MESSENGER, "--", "a", "fail"],
                   out="a: fail\na: fail\n$dead.a: fail\n",
                   err=f"capstan: warning: '{NAME}' failed to handle a message to 'a', which comes again: no, thanks\n"
                       f"capstan: warning: '{NAME}' failed 2 times to handle a message to 'a', which goes to "
                       "'$dead.a' now: no, thanks\n")

    def test_a_trap_ends_one_instance_only(self):
        finished = self.capstan(["run", *QUICK, "--subscribe", "a,in-flight=1", MESSENGER, "--", "a", "trap", "a", "x"])

        self.assertEqual((finished.out, finished.status), ("a: trap\na: trap\na: x\n", 0))
        self.assertEqual(finished.err.count("warning"), 2)
        self.assertIn("unreachable", finished.err)

    def test_a_handler_that_never_ends_is_stopped(self):
        finished = self.capstan(["run", "--timeout", "500ms", "--subscribe", "a", MESSENGER, "--", "a", "forever"])

        self.assertEqual((finished.out.splitlines()[0], finished.status), ("a: forever", LIMIT))
        self.assertIn("events were still being handled when the time was over; give it more with --timeout",
                      finished.err)


class Serving(harness.CommandTest):
    def serve(self, arguments, number):
        process = subprocess.Popen([harness.COMMAND, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True,
                                   env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(harness.CACHE)})
        self.addCleanup(process.kill)
        ready = process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        return ready, out, err, process.returncode

    def test_a_handler_alone_serves_until_it_is_told_to_end(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(
                self.serve(["run", "--subscribe", "orders.>,group=packers", "--subscribe", "a", LISTENER], number),
                ("capstan: 'cli-listener.component.wasm' handles messages to orders.> as one of packers, a\n",
                 "", "", 0))

    def test_a_handler_alone_needs_a_subscription(self):
        self.check_error(["run", LISTENER], "'cli-listener.component.wasm' handles messages: say which topics it is "
                         "called for with --subscribe", USAGE)


class Watching(harness.CommandTest):
    def test_a_watcher_hears_of_changes_in_their_order(self):
        self.check(["run", "--watch", "b", WATCHER, "--", "b", "set", "one", "set", "two", "delete", "one",
                    "delete", "nothing", "set", "three"],
                   out="set one to one\nset two to two\ndeleted one\nset three to three\n")

    def test_only_buckets_that_are_watched_count(self):
        self.check(["run", "--watch", "a", WATCHER, "--", "b", "set", "one"])

    def test_a_trap_is_reported_and_the_next_change_is_told(self):
        finished = self.capstan(["run", "--watch", "b", WATCHER, "--", "b", "set", "trap", "set", "two"])

        self.assertEqual((finished.out, finished.status), ("set two to two\n", 0))
        self.assertRegex(finished.err, r"^capstan: warning: 'cli-watcher.component.wasm' failed to hear that 'trap' "
                                       r"changed in 'b': .*unreachable")
        self.assertEqual(finished.err.count("capstan:"), 1)

    def test_without_a_bucket_it_says_how(self):
        self.check(["run", WATCHER, "--", "b", "set", "one"],
                   err="capstan: warning: 'cli-watcher.component.wasm' watches buckets: say which ones it is called "
                       "for with --watch\n")

    def test_a_component_without_a_watcher(self):
        self.check_error(["run", "--watch", "b", MESSENGER],
                         f"'{NAME}' cannot be called for changes of 'b': it exports neither "
                         "wasi:keyvalue/watcher@0.2.0-draft2 nor wasi:keyvalue/watcher@0.2.0-draft", NOT_RUNNABLE)


class Wrong(harness.CommandTest):
    def test_a_component_without_a_handler(self):
        self.check_error(["run", "--subscribe", "a.*", PROBE],
                         "'cli-probe.component.wasm' cannot be called for messages to 'a.*': it does not export "
                         f"{HANDLER}", NOT_RUNNABLE)

    def test_patterns_and_options(self):
        for text, message in (
                ("a.>.b", "'a.>.b' is no pattern: '>' can only be the last token"),
                ("", "'' is no pattern: it is empty"),
                ("a,grop=x", "'grop=x' in 'a,grop=x' is not understood: after the pattern there can be group=NAME, "
                             "backend=LABEL and in-flight=N"),
                ("a,group=", "'group=' in 'a,group=' is not understood: after the pattern there can be group=NAME, "
                             "backend=LABEL and in-flight=N")):
            self.check_error(["run", "--subscribe", text, MESSENGER], f"--subscribe: {message}", USAGE)

    def test_a_broker_that_there_is_not(self):
        self.check_error(["run", "--subscribe", "a,backend=orders", MESSENGER],
                         "there is no broker 'orders' to subscribe to 'a' at: add --backend messaging:orders=URL, or "
                         "leave backend=orders out", USAGE)

    def test_options_of_the_broker(self):
        finished = self.capstan(["run", "--backend", "messaging=memory?queue-bytes=1KiB", MESSENGER])

        self.assertEqual(finished.status, USAGE)
        self.assertIn("make the queue larger or the messages smaller", finished.err)


if __name__ == "__main__":
    harness.main()
