#!/usr/bin/env bash
# Starts a Slurm of one node in a temporary folder, judges 200 films on it while tasks and the node are
# killed, and compares what is merged with a single run.
#
#   scripts/slurm/test.sh [BUILD_FOLDER]
#
# Needs root, Slurm and munge (scripts/setup.sh --with-cluster); exit status 77 where they are missing.
# Uses tiny networks, no accounting, and only the loopback interface.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(realpath "${1:-build}")/bin

for program in slurmctld slurmd sbatch munged; do
  if ! command -v "$program" >/dev/null; then
    echo "slurm: skipped: $program is missing; scripts/setup.sh --with-cluster installs it"
    exit 77
  fi
done
if [ "$(id -u)" -ne 0 ]; then
  echo "slurm: skipped: needs root"
  exit 77
fi

work=$(mktemp -d)
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ---- Slurm

start_node() { slurmd; }

start_slurm() {
  local host
  host=$(hostname)
  mkdir -p "$work"/{state,spool,log}
  head -c 128 /dev/urandom >"$work/munge.key"
  chmod 400 "$work/munge.key"
  munged --force --key-file="$work/munge.key" --socket="$work/munge.sock" --seed-file="$work/seed" \
    --pid-file="$work/munged.pid" --log-file="$work/log/munged.log"
  cat >"$work/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.sock,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/log/slurmctld.log
SlurmdLogFile=$work/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
SchedulerParameters=sched_interval=2,batch_sched_delay=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=1:00:00 State=UP
END
  export SLURM_CONF=$work/slurm.conf
  slurmctld -c
  start_node
}

stop_slurm() {
  local file
  scancel --user=root --signal=KILL --full 2>/dev/null || true
  scontrol shutdown 2>/dev/null || true
  sleep 1
  for file in slurmd slurmctld munged; do
    if [ -e "$work/$file.pid" ]; then kill -KILL "$(cat "$work/$file.pid")" 2>/dev/null || true; fi
  done
  rm -rf "$work"
}
trap stop_slurm EXIT

fail() {
  echo "slurm: FAILED: $1" >&2
  squeue --all || true
  tail -n 20 "$work"/log/slurm*.log "$work"/output/logs/* >&2 || true
  exit 1
}

# wait_until WHAT COMMAND ...: at most two minutes
wait_until() {
  local what=$1 i
  shift
  for ((i = 0; i < 2400; ++i)); do
    if "$@"; then return; fi
    sleep 0.05
  done
  fail "$what did not happen"
}

rows() { cat "$work/output/shards/$1/results.jsonl" 2>/dev/null | wc -l; }
has_rows() { [ "$(rows "$1")" -ge 2 ]; }
state_of() { scontrol --oneliner show job "$1" | sed -n 's/.* JobState=\([A-Z_]*\).*/\1/p'; }
is_in_state() { [[ "$(state_of "$1")" =~ ^($2)$ ]]; }
job_of() { scontrol --oneliner show job "$1" | sed -n 's/^JobId=\([0-9]*\) .*/\1/p'; }
attempts_of() { scontrol --oneliner show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p'; }

# ---- The test

"$bin/make-samples" --tiny "$work/setup" 50
films=$work/films
mkdir "$films"
for ward in 1 2 3 4; do cp -r "$work/setup/images" "$films/$ward"; done
echo "not an image" >"$films/broken.png"
config=$work/setup/config.json

start_slurm
wait_until "an idle node" bash -c 'sinfo --noheader --format=%t | grep -q idle'

kinds=overlay,panels,mask,crop
submit() {
  said=$(scripts/slurm/submit.sh --program "$bin/cxr-infer" --scratch "$work" --films-per-task 45 \
    "$@" "$films" "$work/output" --config "$config" --batch-size 1 --save $kinds)
  echo "slurm: $said"
  array=$(sed 's/.* tasks: job \([0-9]*\);.*/\1/' <<<"$said")
  merge=$(sed 's/.*merge: job \([0-9]*\);.*/\1/' <<<"$said")
}

# All tasks are held, and let go one after the other, so that each is met while it works.
submit --sbatch --hold

let_work() {
  scontrol release "${array}_$1"
  wait_until "rows of task $1" has_rows "$1"
}

let_work 1
scontrol requeue "${array}_1" || fail "task 1 cannot be requeued"
echo "slurm: task 1 was requeued after $(rows 1) rows"

let_work 2
# What Slurm itself does two minutes before; scancel repeats a signal to a task of an array.
kill -USR1 "$(pgrep -o -f "$work/spool/job0*$(job_of "${array}_2")/slurm_script")"
echo "slurm: the time of task 2 was over after $(rows 2) rows"

let_work 3
kill -KILL "$(cat "$work/slurmd.pid")"
start_node
echo "slurm: the node's daemon was killed after $(rows 3) rows of task 3"

let_work 4
scancel --signal=KILL --full "$(job_of "${array}_4")" || fail "task 4 gets no signal"
wait_until "the end of task 4" is_in_state "${array}_4" "FAILED|CANCELLED|NODE_FAIL"
echo "slurm: task 4 was killed after $(rows 4) rows: $(state_of "${array}_4")"
scontrol requeue "${array}_4" || fail "task 4 cannot be requeued"
scontrol release "${array}_5"

for task in 1 2 3 4 5; do wait_until "the end of task $task" is_in_state "${array}_$task" COMPLETED; done
# A task that was killed spoils the dependency; not always, if it is requeued at once.
wait_until "the end of the merge" is_in_state "$merge" "CANCELLED|COMPLETED"
echo "slurm: the merge is $(state_of "$merge")"
for task in 1 2 4; do
  [ "$(attempts_of "${array}_$task")" -ge 1 ] || fail "task $task was not started again"
done
submit  # again, as after a failure
wait_until "the merge" is_in_state "$merge" COMPLETED

"$bin/cxr-infer" --config "$config" -r --output "$work/single" --save $kinds --format csv -q "$films" \
  >/dev/null || [ $? -eq 4 ]

# results FOLDER: the table without milliseconds
results() {
  python3 - "$1/results.csv" <<'END'
import csv, sys
for row in csv.DictReader(open(sys.argv[1])):
    row.pop("Milliseconds")
    print(sorted(row.items()))
END
}
cmp <(results "$work/output/results") <(results "$work/single") || fail "the tables differ"
[ "$(results "$work/single" | wc -l)" -eq 201 ] || fail "the single run has not 201 rows"
for kind in heatmaps panels masks crops; do
  diff -r "$work/output/results/$kind" "$work/single/$kind" || fail "$kind differ"
done
for file in run.json results.jsonl report.html; do
  [ -s "$work/output/results/$file" ] || fail "$file is missing"
done
models=$(find "$work/cxr-infer-0" -name '*.pt' | wc -l)
[ "$models" -eq 2 ] || fail "the node has $models copies of two models"
echo "slurm: 201 rows and 800 pictures are those of a single run"
