#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "infer/result_format.h"
#include "support/look.h"
#include "support/run_program.h"

namespace cxr::test {
namespace {

std::set<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    found.insert(at->str(1));
  }
  return found;
}

std::string output_of(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> command{std::string(CXR_PROGRAMS) + "/" + program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const Outcome outcome = run_program(command);
  EXPECT_EQ(outcome.status, 0) << program << ": " << outcome.err;
  return outcome.out;
}

/// The long options of a programme, by its help and those of its commands.
std::set<std::string> options_of(const std::string& program) {
  std::vector<std::vector<std::string>> helps{{"--help"}};
  if (program == "cxr-train") {
    helps = {{"segmenter", "--help-all"},
             {"classifier", "--help-all"},
             {"calibrate", "--help-all"},
             {"adapt", "--help-all"}};
  }
  if (program == "cxr-evaluate") helps = {{"segmentation", "--help"}, {"classification", "--help"}};
  if (program == "cxr-dataset") {
    helps = {{"segmentation", "--help"}, {"covidx", "--help"}, {"regions", "--help"}};
  }
  std::set<std::string> options{"--help"};
  if (program != "cxr-merge") options.insert("--config");
  for (const auto& help : helps) {
    // An option stands at the beginning of its line.
    options.merge(matches(output_of(program, help), R"(\n  (?:-\w,)?(--[a-z][a-z0-9-]*))"));
  }
  return options;
}

/// README.md and the pages that it links to, by their path in the repository.
std::set<std::string> pages() {
  std::set<std::string> pages = matches(read_file(kSource / "README.md"), R"(\]\(([\w/-]+\.md))");
  pages.insert("README.md");
  return pages;
}

/// The options that a page names, each as a whole word.
std::set<std::string> options_in(const std::string& page) {
  return matches(read_file(kSource / page), R"((?:^|[^\w-])(--[a-z][a-z0-9-]*))");
}

TEST(DocumentsTest, PagesNameNoOptionThatIsNotThere) {
  std::set<std::string> known;
  for (const char* program :
       {"cxr-infer", "cxr-merge", "cxr-train", "cxr-evaluate", "cxr-dataset"}) {
    known.merge(options_of(program));
  }
  const auto of_others = {
      "--build",  "--install",       "--test-dir", "--trust",  // CMake, scripts
      "--sbatch", "--cpus-per-task", "--time",     "--films-per-task", "--with-fastai"};
  known.insert(of_others.begin(), of_others.end());
  for (const std::string& page : pages()) {
    for (const std::string& option : options_in(page)) {
      EXPECT_TRUE(known.contains(option)) << option << " in " << page;
    }
  }
}

TEST(DocumentsTest, PagesNameEachOptionOfEachProgramme) {
  std::set<std::string> named;
  for (const std::string& page : pages()) named.merge(options_in(page));
  for (const char* program :
       {"cxr-infer", "cxr-merge", "cxr-train", "cxr-evaluate", "cxr-dataset"}) {
    for (const std::string& option : options_of(program)) {
      EXPECT_TRUE(named.contains(option)) << option << " of " << program;
    }
  }
}

TEST(DocumentsTest, EveryLinkLeadsToAFile) {
  for (const std::string& page : pages()) {
    const std::filesystem::path folder = (kSource / page).parent_path();
    for (const std::string& link : matches(read_file(kSource / page), R"(\]\(([^)#:]+)[)#])")) {
      EXPECT_TRUE(std::filesystem::exists(folder / link)) << link << " in " << page;
    }
  }
}

TEST(DocumentsTest, ReadmeIsShort) {
  const std::string readme = read_file(kSource / "README.md");
  EXPECT_LE(std::count(readme.begin(), readme.end(), '\n'), 150);
}

TEST(DocumentsTest, ManPageAndCompletionsNameEachOption) {
  for (const char* program :
       {"cxr-infer", "cxr-merge", "cxr-train", "cxr-evaluate", "cxr-dataset"}) {
    std::string page = output_of(program, {"--man-page"});
    page = std::regex_replace(page, std::regex(R"(\\-)"), "-");
    const std::string bash = output_of(program, {"--completion", "bash"});
    const std::string zsh = output_of(program, {"--completion", "zsh"});
    for (const std::string& option : options_of(program)) {
      for (const std::string& document : {page, bash, zsh}) {
        EXPECT_TRUE(contains(document, option)) << option << " of " << program;
      }
    }
    EXPECT_TRUE(contains(page, "not for diagnosis"));
  }
}

TEST(DocumentsTest, BashCompletesOptionsAndCommands) {
  const std::string script =
      "source <(\"$0\" --completion bash); COMP_WORDS=(x \"$1\"); COMP_CWORD=1; \"$2\"; "
      "echo \"${COMPREPLY[*]}\"";
  const auto complete = [&](const std::string& program, const std::string& word,
                            const std::string& function) {
    return run_program({"/bin/bash", "-c", script, std::string(CXR_PROGRAMS) + "/" + program, word,
                        function})
        .out;
  };
  EXPECT_EQ(complete("cxr-infer", "--heat", "_cxr_infer"), "--heatmappath\n");
  EXPECT_EQ(complete("cxr-train", "cl", "_cxr_train"), "classifier\n");
}

// Paths are left to readline, which quotes blanks; so nothing must be offered for them.
TEST(DocumentsTest, BashCompletesValuesAndLeavesPathsToTheShell) {
  const auto complete = [](const std::string& program, const std::string& function,
                           const std::string& words) {
    const std::string script = "source <(\"$0\" --completion bash); COMP_WORDS=(" + words +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); " + function +
                               "; echo \"${COMPREPLY[*]}\"; complete -p " + program;
    return run_program({"/bin/bash", "-c", script, std::string(CXR_PROGRAMS) + "/" + program}).out;
  };
  const std::string infer = complete("cxr-infer", "_cxr_infer", "x --format j");
  EXPECT_TRUE(infer.starts_with("jsonl\n")) << infer;
  EXPECT_TRUE(contains(infer, "-o default")) << infer;
  EXPECT_TRUE(complete("cxr-infer", "_cxr_infer", "x --if-exists = o").starts_with("overwrite\n"));
  EXPECT_TRUE(complete("cxr-infer", "_cxr_infer", "x --if-exists =")
                  .starts_with("error overwrite resume\n"));
  EXPECT_TRUE(complete("cxr-infer", "_cxr_infer", "x --output 'a fold'").starts_with("\n"));
  EXPECT_TRUE(complete("cxr-infer", "_cxr_infer", "x --format csv 'a fi'").starts_with("\n"));
  EXPECT_TRUE(complete("cxr-train", "_cxr_train", "x classifier --planes cl").starts_with("clahe"));
  EXPECT_TRUE(complete("cxr-train", "_cxr_train", "x classifier --data m").starts_with("\n"));
}

TEST(DocumentsTest, ZshCompletesFilesFoldersAndValues) {
  const std::string infer = output_of("cxr-infer", {"--completion", "zsh"});
  for (const char* part : {":value:(csv jsonl table)'", "]:folder:_files -/'", "]:file:_files'"}) {
    EXPECT_TRUE(contains(infer, part)) << part;
  }
}

TEST(DocumentsTest, ManPageHasDefaultsValuesFilesAndEnvironment) {
  const auto page_of = [](const char* program) {
    return std::regex_replace(output_of(program, {"--man-page"}), std::regex(R"(\\-)"), "-");
  };
  const std::string infer = page_of("cxr-infer");
  for (const char* part :
       {"\\fIerror|overwrite|resume\\fR", "Default: error.", ".SH COLUMNS", ".SH FILES",
        "DIR/report.html", ".SH ENVIRONMENT", "CXR_HEATMAP_XRAY_OPACITY", "Exit status"}) {
    EXPECT_TRUE(contains(infer, part)) << part;
  }
  for (const char* part :
       {"\\fIall|clahe|plain\\fR", "Default: 12.", "OUT.checkpoint", "OUT.samples.png"}) {
    EXPECT_TRUE(contains(page_of("cxr-train"), part)) << part;
  }
  EXPECT_TRUE(contains(page_of("cxr-evaluate"), "DIR/metrics.json"));
}

TEST(DocumentsTest, ManPageNamesEachColumnOfTheResults) {
  const std::string page = output_of("cxr-infer", {"--man-page"});
  for (std::string column : result_columns({"CLASS"})) {
    EXPECT_TRUE(contains(page, column)) << column;
  }
}

TEST(DocumentsTest, ReadmeShowsTheExampleThatIsTested) {
  EXPECT_TRUE(contains(read_file(kSource / "README.md"),
                       read_file(kSource / "tests" / "consumer" / "main.cpp")));
}

TEST(DocumentsTest, EveryProgrammeSaysThatItIsForResearchOnly) {
  for (const char* program :
       {"cxr-infer", "cxr-merge", "cxr-train", "cxr-evaluate", "cxr-dataset"}) {
    EXPECT_TRUE(contains(output_of(program, {"--help"}), "not for diagnosis")) << program;
  }
}

}  // namespace
}  // namespace cxr::test
