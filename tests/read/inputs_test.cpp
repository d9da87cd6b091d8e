#include "cxr/inputs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/utf8.h"
#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using Names = std::vector<std::string>;

void touch(const std::filesystem::path& file, const std::string& content = "") {
  std::ofstream(file, std::ios::binary) << content;
}

Names names_of(const std::vector<Input>& inputs) {
  Names names;
  for (const Input& input : inputs) names.push_back(input.name);
  return names;
}

Names pictures_of(const Names& names) {
  std::vector<Input> inputs;
  for (const std::string& name : names) inputs.push_back({"/folder/" + name, name});
  return picture_names(inputs);
}

TEST(FindInputsTest, FolderIsListedInByteOrderWithoutWhatIsNoImage) {
  const test::TempDir folder;
  for (const char* name :
       {"b.png", "a 1.jpg", "B.PNG", "notes.txt", ".hidden.png", "Ö.png", "new\nline.png"}) {
    touch(folder / name);
  }
  touch(folder / "unnamed", "\x89PNG\r\n\x1a\n");
  std::filesystem::create_directories(folder / "sub.png");
  touch(folder / "sub.png/inner.png");
  EXPECT_EQ(names_of(find_inputs({folder.path()})),
            (Names{"B.PNG", "a 1.jpg", "b.png", "new\nline.png", "unnamed", "Ö.png"}));
}

TEST(FindInputsTest, BrokenLinkNamedLikeAnImageIsKept) {
  const test::TempDir folder;
  std::filesystem::create_symlink("nowhere", folder / "lost.png");
  std::filesystem::create_symlink("nowhere", folder / "lost");
  EXPECT_EQ(names_of(find_inputs({folder.path()})), Names{"lost.png"});
}

TEST(FindInputsTest, NamedFileIsTakenWhateverItHolds) {
  const test::TempDir folder;
  touch(folder / ".notes.txt");
  const std::vector<Input> inputs = find_inputs({folder / ".notes.txt"});
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(inputs[0].name, (folder / ".notes.txt").string());
  EXPECT_EQ(inputs[0].file, folder / ".notes.txt");
}

TEST(FindInputsTest, EmptyFolderIsNoError) {
  const test::TempDir folder;
  EXPECT_TRUE(find_inputs({folder.path()}).empty());
}

TEST(FindInputsTest, MissingPathIsAUsageErrorThatNamesIt) {
  const test::TempDir folder;
  try {
    find_inputs({folder / "missing"});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(error.what(), "input: " + (folder / "missing").string() + ": no such file or folder");
  }
}

TEST(FindInputsTest, SubFoldersAreEnteredOnRequestAndKeepTheirNames) {
  const test::TempDir folder;
  std::filesystem::create_directories(folder / "b/deep");
  std::filesystem::create_directories(folder / ".hidden");
  for (const char* name : {"a.png", "b/a.png", "b/deep/c.png", ".hidden/x.png"})
    touch(folder / name);
  EXPECT_EQ(names_of(find_inputs({folder.path()})), Names{"a.png"});
  EXPECT_EQ(names_of(find_inputs({folder.path()}, {.recursive = true})),
            (Names{"a.png", "b/a.png", "b/deep/c.png"}));
  EXPECT_EQ(names_of(find_inputs({folder.path()}, {.recursive = true, .left_out = folder / "b"})),
            Names{"a.png"});
}

TEST(FindInputsTest, LinksAreFollowedAndLoopsAreNot) {
  const test::TempDir folder;
  std::filesystem::create_directories(folder / "a");
  touch(folder / "a/film.png");
  std::filesystem::create_directory_symlink("..", folder / "a/up");
  std::filesystem::create_directory_symlink("a", folder / "0 to a");
  EXPECT_EQ(names_of(find_inputs({folder.path()}, {.recursive = true})), Names{"a/film.png"});
}

TEST(FindInputsTest, NoFileIsListedTwiceHoweverItIsWritten) {
  const test::TempDir folder;
  std::filesystem::create_directories(folder / "b");
  std::filesystem::create_directory_symlink("b", folder / "link");
  touch(folder / "a.png");
  touch(folder / "b/a.png");
  touch(folder / "b/c.png");
  const std::filesystem::path a = folder / "a.png", b = folder / "b";
  EXPECT_EQ(names_of(find_inputs({a, b / "../a.png", b, folder / "link", folder / "./a.png"})),
            (Names{a.string(), "a.png", "c.png"}));
}

/// The name of an image is the same whatever else is listed.
TEST(FindInputsTest, ANameDoesNotDependOnTheOtherInputs) {
  const test::TempDir folder;
  for (const char* name : {"x", "y", "d/x"}) {
    std::filesystem::create_directories(folder / name);
    touch(folder / name / "a.png");
  }
  const std::filesystem::path x = folder / "x/a.png", y = folder / "y/a.png";
  const Names together = names_of(find_inputs({x, y}));
  EXPECT_EQ(names_of(find_inputs({x})), Names{together[0]});
  EXPECT_EQ(names_of(find_inputs({y})), Names{together[1]});
  EXPECT_EQ(names_of(find_inputs({folder / "d"}, {.recursive = true})), Names{"x/a.png"});
}

TEST(FindInputsTest, ANamedFileGoesByThePathAsGiven) {
  const test::TempDir folder;
  touch(folder / "a.png");
  const std::string given = folder.path().string() + "//.///a.png";
  EXPECT_EQ(names_of(find_inputs({given})), Names{(folder / "a.png").string()});
  // `..` behind a link leads elsewhere than it seems.
  std::filesystem::create_directories(folder / "far/away");
  std::filesystem::create_directory_symlink("far/away", folder / "link");
  touch(folder / "far/a.png");
  EXPECT_EQ(names_of(find_inputs({folder / "a.png", folder / "link/../a.png"})),
            (Names{(folder / "a.png").string(), (folder / "link/../a.png").string()}));
}

TEST(FindInputsTest, TwoFilesOfOneNameAreRefusedUnlessARootTellsThemApart) {
  const test::TempDir folder;
  for (const char* name : {"x", "y"}) {
    std::filesystem::create_directories(folder / name);
    touch(folder / name / "a.png");
  }
  const std::vector<std::filesystem::path> both = {folder / "x", folder / "y"};
  try {
    find_inputs(both);
    FAIL() << "two films would have one name";
  } catch (const UsageError& error) {
    for (const std::string part : {"x/a.png", "y/a.png", "--root"}) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(names_of(find_inputs(both, {.root = folder.path()})), (Names{"x/a.png", "y/a.png"}));
  EXPECT_EQ(names_of(find_inputs({folder / "y/../x/a.png"}, {.root = folder / "."})),
            Names{"x/a.png"});
  EXPECT_THROW(find_inputs(both, {.root = folder / "x"}), UsageError);
}

/// A byte that is not UTF-8 and a name that spells its escape are two names.
TEST(FindInputsTest, ANameIsNotThatOfAnotherInEscapes) {
  const test::TempDir folder;
  touch(folder / "a\\xFF.png");
  touch(folder / "a\xFF.png");
  EXPECT_EQ(names_of(find_inputs({folder.path()})), (Names{"a\\x5CxFF.png", "a\\xFF.png"}));
}

/// Whatever two paths are named: each file has a name of its own, or the run is refused.
TEST(FindInputsTest, AHundredOddCombinationsGiveEachFileANameOfItsOwn) {
  const test::TempDir folder;
  const Names files = {"a.png",     "x/a.png",    "d/x/a.png",     "d/a.png",
                       "x/x/a.png", "a\xFF.png",  "a\\xFF.png",    "a\\x5CxFF.png",
                       "-a.png",    "x/a\nb.png", "1.2.840.1.100", "1.2.840.1.100.png",
                       "x/ a.png",  "..a/a.png",  "x\\a.png",      "d/x/\xC3\x28.png"};
  for (const std::string& name : files) {
    std::filesystem::create_directories((folder / name).parent_path());
    touch(folder / name, "\x89PNG\r\n\x1a\n");
  }
  std::filesystem::create_directory_symlink("d/x", folder / "link");
  std::vector<std::filesystem::path> paths = {folder.path(), folder / "d", folder / "x",
                                              folder / "link", folder / "x/../d"};
  for (const std::string& name : files) paths.push_back(folder / name);
  std::size_t combinations = 0, refused = 0;
  for (const auto& one : paths) {
    for (const auto& other : paths) {
      ++combinations;
      try {
        std::set<std::string> names, pictures;
        const std::vector<Input> inputs = find_inputs({one, other}, {.recursive = true});
        for (const Input& input : inputs) EXPECT_TRUE(names.insert(input.name).second);
        for (const std::string& name : picture_names(inputs)) {
          EXPECT_TRUE(pictures.insert(name).second) << name;
        }
        const std::vector<Input> alone = find_inputs({other}, {.recursive = true});
        std::set<std::string> names_alone;
        for (const Input& input : alone) names_alone.insert(input.name);
        for (const Input& input : inputs) {
          const bool is_of_one = !names_alone.contains(input.name);
          const auto again = is_of_one ? find_inputs({one}, {.recursive = true}) : alone;
          EXPECT_EQ(std::ranges::count(again, input.name, &Input::name), 1) << input.name;
        }
      } catch (const UsageError&) {
        ++refused;
      }
    }
  }
  EXPECT_GE(combinations, 100U);
  EXPECT_LT(refused, combinations / 3);
  EXPECT_GT(refused, 0U) << "d and x have an a.png each";
}

TEST(FindInputsTest, ASubFolderThatCannotBeListedIsAnInputWithAProblem) {
  if (::geteuid() == 0) GTEST_SKIP() << "root lists every folder";
  const test::TempDir folder;
  std::filesystem::create_directories(folder / "secret");
  touch(folder / "a.png");
  std::filesystem::permissions(folder / "secret", std::filesystem::perms::none);
  const std::vector<Input> inputs = find_inputs({folder.path()}, {.recursive = true});
  std::filesystem::permissions(folder / "secret", std::filesystem::perms::all);
  EXPECT_EQ(names_of(inputs), (Names{"a.png", "secret"}));
  EXPECT_EQ(inputs.at(1).problem, "cannot be listed: Permission denied");
}

/// Longer than the system takes at once: 4096 bytes.
TEST(FindInputsTest, APathThatIsTooLongIsAnInputWithAProblem) {
  const test::TempDir folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const std::string name(250, 'x');
  for (int i = 0; i < 17; ++i) {
    std::filesystem::create_directory(name);
    std::filesystem::current_path(name);
  }
  std::filesystem::current_path(before);
  touch(folder / "a.png");
  const std::vector<Input> inputs = find_inputs({folder.path()}, {.recursive = true});
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].name, "a.png");
  EXPECT_EQ(inputs[1].problem, "cannot be listed: File name too long");
}

/// Heat maps of an earlier run are not radiographs.
TEST(FindInputsTest, FoldersWithResultsAreSkippedAndRefusedWhereTheyAreNamed) {
  const test::TempDir folder;
  std::filesystem::create_directories(folder / "results/heatmaps");
  std::filesystem::create_directories(folder / "other");
  touch(folder / "results/run.json", "{\n  \"program\": \"cxr-infer\",\n");
  touch(folder / "other/run.json", "{\"program\": \"something else\"}");
  for (const char* name : {"a.png", "results/heatmaps/a.png", "other/b.png"}) touch(folder / name);
  EXPECT_EQ(names_of(find_inputs({folder.path()}, {.recursive = true})),
            (Names{"a.png", "other/b.png"}));
  EXPECT_THROW(find_inputs({folder / "results"}, {.recursive = true}), UsageError);
}

TEST(FindInputsTest, NamesAreUtf8) {
  const test::TempDir folder;
  touch(folder / "L\xC3\xBCnge \xE4 \xF0\x9F\xAB\x81 \xED\xA0\x80.png");
  EXPECT_EQ(names_of(find_inputs({folder.path()})),
            Names{"L\xC3\xBCnge \\xE4 \xF0\x9F\xAB\x81 \\xED\\xA0\\x80.png"});
}

TEST(FindInputsTest, ListsOfPathsHaveOneOnEachLine) {
  std::istringstream lines("a b.png\r\n\n/x/y.dcm\nlast");
  EXPECT_EQ(read_path_list(lines),
            (std::vector<std::filesystem::path>{"a b.png", "/x/y.dcm", "last"}));
}

TEST(PictureNamesTest, SubFoldersStayAndNothingLeadsOut) {
  EXPECT_EQ(pictures_of({"a.png", "b/a.png", "b/a.jpg"}),
            (Names{"a.png", "b/a.png.png", "b/a.jpg.png"}));
  EXPECT_EQ(pictures_of({"/etc/x.png", "../../y.png", "./z.png"}),
            (Names{"etc/x.png", "y.png", "z.png"}));
}

TEST(PictureNamesTest, StemIsUsedAndTheWholeNameWhereItIsShared) {
  EXPECT_EQ(pictures_of({"a.png", "b.jpg", "c"}), (Names{"a.png", "b.png", "c.png"}));
  EXPECT_EQ(pictures_of({"a.jpg", "a.png", "b.v2.png"}),
            (Names{"a.jpg.png", "a.png.png", "b.v2.png"}));
  EXPECT_EQ(pictures_of({"A", "a.png"}), (Names{"A.png", "a.png"}));
}

TEST(PictureNamesTest, OnlyTheExtensionOfAnImageIsReplaced) {
  EXPECT_EQ(pictures_of({"1.2.840.1.100", "1.2.840.1.200", "a.dcm", "b.TIFF", "c.v2"}),
            (Names{"1.2.840.1.100.png", "1.2.840.1.200.png", "a.png", "b.png", "c.v2.png"}));
}

/// Names of files have 255 bytes at most; an escape takes four bytes for one.
TEST(PictureNamesTest, LongNamesAreShortenedAndStayDistinct) {
  const std::string longest(251, 'x'), umlauts = [] {
    std::string text;
    for (int i = 0; i < 127; ++i) text += "\xC3\xBC";
    return text;
  }();
  const Names pictures = pictures_of({longest + ".jpg", longest + ".png", longest + "1.png",
                                      umlauts, "d/" + umlauts + "\\xFF\\xFF", longest + "2.png"});
  EXPECT_EQ(std::set(pictures.begin(), pictures.end()).size(), pictures.size());
  for (const std::string& name : pictures) {
    const std::string last = name.substr(name.rfind('/') + 1);
    EXPECT_LE(last.size(), 255U);
    EXPECT_EQ(to_utf8(last), last) << "a letter was cut";
  }
}

TEST(PictureNamesTest, NamesAreDistinctWhateverTheInputs) {
  for (const Names& names :
       {Names{"a.jpg", "a.png", "a.png.png"}, Names{"a.png.png", "a.png", "a.jpg"},
        Names{"a", "a.png", "a.png.png", "a.png.png.png"}, Names{"a.png", "a.png", "a.png"},
        Names{"a.png", "a.png", "a.png-3.png", "a.png.png"}}) {
    const Names pictures = pictures_of(names);
    EXPECT_EQ(pictures.size(), names.size());
    EXPECT_EQ(std::set(pictures.begin(), pictures.end()).size(), names.size());
  }
}

}  // namespace
}  // namespace cxr
