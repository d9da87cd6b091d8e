#!/usr/bin/env bash
# Runs the bundle in bare Debian 12 and 13 without any package, and installs the Debian package in a
# bare Debian 12; each judges the samples as the build itself does.
#
#   scripts/test-bundle.sh [BUILD_FOLDER]
#
# Needs root and debootstrap (scripts/setup.sh --with-cluster) and Debian's mirror; says what it skips.
# The bare roots are kept in ~/.cache/cxr-infer/roots; nothing is written to them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
roots=${HOME:-/root}/.cache/cxr-infer/roots

if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "test-bundle: skipped: needs root and debootstrap"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# has_root SUITE: makes it where there is none
has_root() {
  [ -e "$roots/$1/etc/debian_version" ] && return
  mkdir -p "$roots"
  rm -rf "$roots/$1.part"
  if ! debootstrap --variant=minbase "$1" "$roots/$1.part" >"$work/debootstrap.log" 2>&1; then
    tail -n 3 "$work/debootstrap.log" >&2
    echo "test-bundle: skipped: no bare root of $1"
    return 1
  fi
  mv "$roots/$1.part" "$roots/$1"
}

# in_root SUITE SCRIPT: runs it in a root whose changes are thrown away; $work/given is /given there
in_root() {
  mkdir -p "$work/root" "$work/changes" "$work/given"
  unshare --mount --pid --fork bash -euc '
    mount -t tmpfs none "$2/changes"
    mkdir "$2/changes/upper" "$2/changes/work"
    mount -t overlay none -o "lowerdir=$1,upperdir=$2/changes/upper,workdir=$2/changes/work" "$2/root"
    mkdir "$2/root/given"
    mount --bind "$2/given" "$2/root/given"
    mount -t proc none "$2/root/proc"
    mount --rbind /dev "$2/root/dev"
    cp -L /etc/resolv.conf "$2/root/etc/"
    exec chroot "$2/root" /usr/bin/env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      bash -euc "$3"' in_root "$roots/$1" "$work" "$2"
}

# same_results WHAT TABLE: but for the milliseconds, column 17
same_results() {
  if ! cmp <(cut -d, -f1-16,18- "$2") <(cut -d, -f1-16,18- "$work/expected.csv"); then
    echo "test-bundle: FAILED: $1 judges the samples otherwise"
    exit 1
  fi
  echo "test-bundle: $1 judges the samples as the build does"
}

mkdir -p "$work/given"
cp -r images/samples "$work/given/"
# Without the environment: OPENBLAS_CORETYPE, for one, changes the last digit.
(cd "$work/given" && env -i "$build/bin/cxr-infer" --config "$OLDPWD/config/model-config.json" -q \
  --format csv samples) >"$work/expected.csv"

scripts/bundle.sh "$build" "$work/given"
mkdir "$work/given/bundle"
tar -C "$work/given/bundle" --strip-components=1 --zstd -xf "$work"/given/*.tar.zst
# Images of all formats, with the libraries that were changed.
if ! LD_LIBRARY_PATH=$work/given/bundle/lib/cxr-infer "$build/bin/cxr-tests" --gtest_brief=1 \
  --gtest_filter='Read*:Dicom*:Hostile*:Picture*:SaveDicom*' >"$work/tests.log" 2>&1; then
  tail "$work/tests.log"
  echo "test-bundle: FAILED: tests with the libraries of the bundle"
  exit 1
fi
for suite in bookworm trixie; do
  has_root "$suite" || continue
  in_root "$suite" '
    cd /given
    bundle/bin/cxr-infer -q --format csv --output "out $0" --save panels,overlay samples
    test -s "out $0/panels/clear_small.png"
    ln -s /given/bundle/bin/cxr-merge /usr/bin/ && cxr-merge --version >/dev/null' >"$work/table.csv"
  same_results "the bundle in a bare $suite" "$work/table.csv"
  rm -rf "$work"/given/out*
done

# The commands of the containers, which no engine runs here.
if has_root trixie; then
  build_image=$(sed -n '/^RUN /,/[^\\]$/p' scripts/containers/Containerfile | sed 's/^RUN //')
  after_setup=$(sed -n '/^%post/,/^$/p' scripts/containers/cxr-infer.def | sed 1d)
  for commands in "cp /given/*.tar.zst /tmp/
$build_image" "cp -r /given/bundle /opt/cxr-infer
$after_setup"; do
    in_root trixie "{ $commands
} >/given/image.log 2>&1 || { tail /given/image.log >&2; exit 1; }
cd /given && cxr-infer -q --format csv samples" >"$work/table.csv"
    same_results "an image made as in scripts/containers" "$work/table.csv"
  done
fi

if has_root bookworm; then
  (cd "$build" && cpack -B "$work/package" >/dev/null)
  cp "$work"/package/*.deb "$work/given/cxr-infer.deb"
  in_root bookworm '
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends /given/cxr-infer.deb; } \
      >/given/apt.log 2>&1 || { tail /given/apt.log >&2; exit 1; }
    cd /given
    cxr-infer -q --format csv --output out --save panels samples' >"$work/table.csv"
  same_results "the package in a bare bookworm" "$work/table.csv"
fi
