#!/usr/bin/env bash
# Checks the formatting of all sources with clang-format, and the sources changed since a commit
# (default: the parent of HEAD) with clang-tidy.
set -euo pipefail
cd "$(dirname "$0")/.."

git ls-files '*.cpp' '*.h' | xargs clang-format --dry-run -Werror
echo "lint: clang-format is clean"

# Two headers of one namespace that give a name to different things are one symbol to the linker.
twice=$(git ls-files 'src/*.h' 'include/*.h' | xargs grep -hoE \
  -e '^inline constexpr [^={]*\bk[A-Za-z0-9]+ *[={]' -e '^(struct|class|enum class) \w+[^;]*\{' |
  sed -E 's/^inline constexpr .*\b(k[A-Za-z0-9]+) *[={]$/\1/; s/^(struct|class|enum class) (\w+).*/\2/' | sort | uniq -d)
if [ -n "$twice" ]; then
  echo "lint: defined in two headers: $twice"
  exit 1
fi

since=${1:-HEAD~1}
git rev-parse --quiet --verify "$since^{commit}" >/dev/null || since=$(git hash-object -t tree /dev/null)
mapfile -t changed < <(git diff --name-only --diff-filter=d "$since" -- 'src/*.cpp')
if [ ${#changed[@]} -eq 0 ]; then
  echo "lint: no sources changed"
  exit 0
fi
cmake -S . -B build-lint -G Ninja >/dev/null  # for the commands; nothing is built
# Only what is found in our files counts: clang refuses headers of LibTorch 1.13 in C++20.
found=$(printf '%s\n' "${changed[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy -p build-lint --quiet 2>/dev/null |
  grep -E -A3 "^$PWD/.*: (error|warning):" || true)
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  exit 1
fi
echo "lint: clang-tidy is clean on ${#changed[@]} sources"
