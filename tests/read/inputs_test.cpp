#include "cxr/inputs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

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
  EXPECT_EQ(inputs[0].name, ".notes.txt");
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

TEST(FindInputsTest, NothingIsListedTwiceAndNoNameIsSharedByTwo) {
  const test::TempDir folder;
  std::filesystem::create_directories(folder / "b");
  touch(folder / "a.png");
  touch(folder / "b/a.png");
  touch(folder / "b/c.png");
  const std::filesystem::path a = folder / "a.png", b = folder / "b";
  EXPECT_EQ(names_of(find_inputs({a, b / "../a.png", b})),
            (Names{a.string(), (b / "a.png").string(), "c.png"}));
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
