#!/usr/bin/env bash
# Packs the programs of a build with all they need, but the C library, into an archive that runs from
# any folder of any Linux with that C library or a later one, without root:
#
#   scripts/bundle.sh [BUILD_FOLDER [OUTPUT_FOLDER]]     (default: build build)
#
# Makes OUTPUT_FOLDER/cxr-infer-VERSION-linux-x86_64.tar.zst and prints what it needs. Needs patchelf
# and zstd: scripts/setup.sh --with-cluster.
#
# Two things keep it small. Debian links LibTorch to libraries of which it uses no symbol (OpenCV's
# windows, FFmpeg); these are dropped. OpenCV can read formats through GDAL and GDCM, and DCMTK
# reads XML, which cxr-infer never asks for; in their place come libraries that end the process if they
# are called.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${1:-build}")
output=$(realpath "${2:-$build}")
version=$(sed -n 's/^project(cxr-infer VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=cxr-infer-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name
libraries=$root/lib/cxr-infer
licences=$root/share/doc/cxr-infer/licences

cmake --install "$build" --prefix "$root" --component programs --strip >/dev/null
mkdir -p "$libraries" "$licences" "$root/share/cxr-infer/fonts"

is_of_libc() {
  case $1 in
    ld-linux*|linux-vdso*|libc.so.*|libm.so.*|libmvec.so.*|libpthread.so.*|libdl.so.*) true ;;
    librt.so.*|libresolv.so.*|libutil.so.*) true ;;
    *) false ;;
  esac
}

is_never_called() {
  case $1 in
    libgdal.so.*|libgdcm*.so.*|libGLX.so.*|libxml2.so.*) true ;;
    *) false ;;
  esac
}

# The copyright of the package that a file is of.
add_licence() {
  local file package
  file=$(realpath "$1")
  package=$(dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}")
  package=${package%%:*}
  cp -L "/usr/share/doc/$package/copyright" "$licences/$package"
}

declare -A place     # of libraries that are copied, by their name
declare -A left_out  # of those that are replaced

# Drops what a program or library does not use, and queues the rest. $1: as installed; $2: the copy
queue=()
follow() {
  local needed path unused all
  all=$(ldd "$1")
  unused=$(ldd -u "$1" 2>/dev/null | sed '1d; s|.*/||' || true)
  for needed in $(patchelf --print-needed "$2"); do
    if is_of_libc "$needed"; then continue; fi
    if grep -qxF "$needed" <<<"$unused"; then
      patchelf --remove-needed "$needed" "$2"
      continue
    fi
    path=$(awk -v name="$needed" '$1 == name { print $3; exit }' <<<"$all")
    if is_never_called "$needed"; then
      left_out[$needed]=$path
    elif [ -z "${place[$needed]:-}" ]; then
      place[$needed]=$path
      queue+=("$needed")
    fi
  done
}

for program in "$root"/bin/*; do
  follow "$build/bin/$(basename "$program")" "$program"
  patchelf --set-rpath "\$ORIGIN/../lib/cxr-infer" "$program"
done
while [ ${#queue[@]} -gt 0 ]; do
  library=${queue[0]}
  queue=("${queue[@]:1}")
  install -m 644 "${place[$library]}" "$libraries/$library"
  follow "${place[$library]}" "$libraries/$library"
  patchelf --set-rpath "\$ORIGIN" "$libraries/$library"
  add_licence "${place[$library]}"
done

# What is called of a library that is replaced, each with its version if it has one: NAME VERSION
symbols() { nm -D "$@" 2>/dev/null | awk 'NF > 1 { split($NF, part, "@+"); print part[1], part[2] }'; }
symbols --undefined-only "$libraries"/* | sort -u >"$work/used"
for library in "${!left_out[@]}"; do
  symbols --defined-only "${left_out[$library]}" | cut -d' ' -f1 | sort -u |
    join "$work/used" - >"$work/called"
  # OpenCV lets GDAL list its formats, of which there are none.
  sed 's/ .*//; s/.*/void &(void) { __builtin_trap(); }/
    s/^void GDALAllRegister.*/void GDALAllRegister(void) {}/' "$work/called" >"$work/none.c"
  awk 'NF == 2 { names[$2] = names[$2] $1 "; " }
    END { for (version in names) print version, "{ global:", names[version], "};" }' \
    "$work/called" >"$work/none.map"
  [ -s "$work/none.map" ] && map="-Wl,--version-script=$work/none.map" || map=
  gcc -shared -fPIC -w -Wl,-soname,"$library" $map -o "$libraries/$library" "$work/none.c"
done

font=$(sed -n 's/^CXR_FONT:FILEPATH=//p' "$build/CMakeCache.txt")
dictionary=$(echo /usr/share/libdcmtk*/dicom.dic)
cp "$font" "$root/share/cxr-infer/fonts/"
cp "$dictionary" "$root/share/cxr-infer/"
for file in "$font" "$dictionary" /usr/include/nlohmann/json.hpp /usr/include/CLI/CLI.hpp; do
  add_licence "$file"
done
cp -rL /usr/share/common-licenses "$licences/common-licenses"

# Nothing of this system may be needed.
for file in "$root"/bin/* "$libraries"/*; do
  while read -r library _ path _; do
    if [ "$library" = statically ] || is_of_libc "${library##*/}"; then continue; fi
    case $path in "$root"/*) ;; *) echo "bundle: ${file#"$root/"} needs $library" >&2; exit 1 ;; esac
  done < <(ldd "$file")
done
"$root/bin/cxr-infer" --version >/dev/null

glibc=$(objdump -T "$root"/bin/* "$libraries"/* | grep -o 'GLIBC_2\.[0-9]*' | sort -V | tail -1)
mkdir -p "$output"
tar -C "$work" --owner=0 --group=0 --sort=name -cf - "$name" | zstd -q -f -12 -T0 -o "$output/$name.tar.zst"
echo "bundle: $output/$name.tar.zst, $(du -h "$output/$name.tar.zst" | cut -f1);" \
  "unpacked $(du -sh "$root" | cut -f1), $(find "$libraries" -type f | wc -l) libraries; needs $glibc"
