#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "support/look.h"
#include "support/run_program.h"
#include "support/temp_dir.h"
#include "support/terminal.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;

/// Types command lines into an interactive shell. The programs are replaced by a function that
/// shows its arguments, `<--format><jsonl>`.
class Completion : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (::access(shell().c_str(), X_OK) != 0) GTEST_SKIP() << shell() << " is not installed";
    fs::create_directories(folder_ / "a folder" / "with films");
    std::ofstream(folder_ / "a film.png") << "text";
    for (const char* program : {"cxr-infer", "cxr-train", "cxr-evaluate"}) {
      const std::string path = std::string(CXR_PROGRAMS) + "/" + program;
      std::ofstream(folder_ / (std::string("_") + program))
          << run_program({path, "--completion", is_bash() ? "bash" : "zsh"}).out;
    }
    std::ofstream rc(folder_ / (is_bash() ? "rc" : ".zshrc"));
    const std::string functions = "cd '" + folder_.path().string() +
                                  "'\nshow() { printf '<%s>' \"$@\"; echo '<end>'; }\n"
                                  "cxr-infer() { show \"$@\"; }\ncxr-train() { show \"$@\"; }\n";
    if (is_bash()) {
      rc << "for file in " << folder_.path().string() << "/_cxr-*; do . \"$file\"; done\n"
         << "bind 'set bell-style none' 'set completion-query-items 0' 2>/dev/null\n"
         << functions << "PS1='ready> '\n";
    } else {
      rc << "fpath=('" << folder_.path().string() << "' $fpath)\nautoload -Uz compinit\n"
         << "compinit -u -d '" << (folder_ / "dump").string() << "'\nunsetopt zle_bracketed_paste\n"
         << functions << "PS1='ready> '\n";
    }
  }

  static bool is_bash() { return std::string(GetParam()) == "bash"; }
  static std::string shell() { return std::string("/bin/") + GetParam(); }

  /// The arguments of a line in which `\t` completes.
  std::string complete(const std::string& line) const {
    ::setenv("ZDOTDIR", folder_.path().c_str(), 1);
    const std::vector<std::string> command =
        is_bash() ? std::vector<std::string>{shell(), "--noprofile", "--rcfile",
                                             (folder_ / "rc").string(), "-i"}
                  : std::vector<std::string>{shell(), "-d", "-i"};
    const std::string text = type_into(command, line + "\n", "<end>");
    const std::size_t end = text.rfind("<end>");
    if (end == std::string::npos) return text;
    const std::size_t begin = text.rfind('\n', end);
    return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin - 1);
  }

  TempDir folder_;
};

TEST_P(Completion, OptionsAndCommands) {
  EXPECT_EQ(complete("cxr-infer --heatm\t x"), "<--heatmappath><x>");
  EXPECT_EQ(complete("cxr-train cla\t"), "<classifier>");
  EXPECT_EQ(complete("cxr-train classifier --segm\t x"), "<classifier><--segmenter><x>");
}

TEST_P(Completion, Values) {
  EXPECT_EQ(complete("cxr-infer --format j\t"), "<--format><jsonl>");
  EXPECT_EQ(complete("cxr-infer --format=j\t"), "<--format=jsonl>");
  EXPECT_EQ(complete("cxr-infer --save mask,pan\t"), "<--save><mask,panels>");
  EXPECT_EQ(complete("cxr-infer --set heatmap.cmap=vir\t"), "<--set><heatmap.cmap=viridis>");
  EXPECT_EQ(complete("cxr-train classifier --planes cl\t"), "<classifier><--planes><clahe>");
}

TEST_P(Completion, PathsWithBlanks) {
  EXPECT_EQ(complete("cxr-infer a\\ fi\t"), "<a film.png>");
  // zsh takes the slash away again when the line ends.
  EXPECT_EQ(complete("cxr-infer --output a\\ fo\t"),
            is_bash() ? "<--output><a folder/>" : "<--output><a folder>");
  EXPECT_EQ(complete("cxr-infer --list a\\ fi\t"), "<--list><a film.png>");
  EXPECT_EQ(complete("cxr-train classifier --data a\\ fi\t"), "<classifier><--data><a film.png>");
}

TEST_P(Completion, NoFilesWhereANumberIsExpected) {
  EXPECT_EQ(complete("cxr-infer --threads a\\ fi\t"), "<--threads><a fi>");
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::Values("bash", "zsh"),
                         [](const auto& shell) { return std::string(shell.param); });

}  // namespace
}  // namespace cxr::test
