// Sends films to a real archive, Orthanc, gets them from it in all four ways, and sends the results
// back. The archive listens on free ports of this machine and keeps its files in a temporary
// folder.

#include <arpa/inet.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <sys/socket.h>

#include "support/identified_film.h"
#include "support/output_program.h"

namespace cxr::test {
namespace {

/// A port that nobody listens on.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

class Orthanc : public OutputProgram {
 protected:
  void SetUp() override {
    for (const char* program : {"/usr/sbin/Orthanc", "/usr/bin/storescu", "/usr/bin/curl",
                                "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"}) {
      if (!fs::exists(program)) GTEST_SKIP() << program << " is missing";
    }
    fs::create_directory(store_);
    const json settings = {{"StorageDirectory", store_},
                           {"IndexDirectory", store_},
                           {"HttpPort", http_port_},
                           {"DicomPort", dicom_port_},
                           {"DicomAet", "ARCHIVE"},
                           {"RemoteAccessAllowed", false},
                           {"AuthenticationEnabled", false},
                           {"DicomAlwaysAllowFind", true},
                           {"DicomAlwaysAllowGet", true},
                           {"DicomAlwaysAllowMove", true},
                           {"DicomModalities", {{"us", {"US", "127.0.0.1", our_port_}}}},
                           {"Plugins", {"/usr/share/orthanc/plugins/libOrthancDicomWeb.so"}}};
    write_file(folder_ / "orthanc.json", settings.dump());
    std::fflush(nullptr);
    archive_ = ::fork();
    if (archive_ == 0) {
      const std::string log = folder_ / "orthanc.log", file = folder_ / "orthanc.json";
      ::freopen(log.c_str(), "w", stdout);
      ::freopen(log.c_str(), "w", stderr);
      ::execl("/usr/sbin/Orthanc", "Orthanc", file.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 600 && get("/system").empty(); ++i) {
      ASSERT_EQ(::waitpid(archive_, nullptr, WNOHANG), 0) << read_file(folder_ / "orthanc.log");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_FALSE(get("/system").empty()) << read_file(folder_ / "orthanc.log");
  }
  void TearDown() override {
    if (archive_ <= 0) return;
    ::kill(archive_, SIGTERM);
    ::waitpid(archive_, nullptr, 0);
  }

  std::string get(const std::string& path, const std::string& accept = "*/*") const {
    return run_program({"/usr/bin/curl", "-s", "-f", "-H", "Accept: " + accept,
                        "http://127.0.0.1:" + std::to_string(http_port_) + path})
        .out;
  }
  json get_json(const std::string& path) const {
    return json::parse(get(path, "application/dicom+json"), nullptr, false);
  }

  void talk(const std::string& program, const std::vector<std::string>& more) const {
    std::vector<std::string> command{
        "/usr/bin/" + program,      "-aec", "ARCHIVE", "-aet", "US", "127.0.0.1",
        std::to_string(dicom_port_)};
    command.insert(command.end(), more.begin(), more.end());
    const Outcome outcome = run_program(command);
    ASSERT_EQ(outcome.status, 0) << program << ": " << outcome.out << outcome.err;
  }
  /// `-R` proposes the classes of the files, and not a list without segmentations.
  void store(const fs::path& folder) const { talk("storescu", {"-R", "+sd", "+r", folder}); }

  void send_films() const {
    for (int i = 1; i <= 2; ++i) {
      DicomSpec spec = identified_film(phantom(static_cast<unsigned>(i)));
      spec.texts.emplace_back("0008,0018", "1.2.3.4.5." + std::to_string(i));
      write_dicom(images_ / ("film_" + std::to_string(i) + ".dcm"), spec);
    }
    store(images_);
  }

  /// The UIDs of the films that are judged in a folder; all else in it has to be skipped.
  std::multiset<std::string> judged_in(const fs::path& folder) const {
    const Outcome outcome =
        infer({"--config", config_, "-r", "--xraypath", folder, "--dicom-uids", "--format", "csv"});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    std::multiset<std::string> uids;
    for (const Row& row : rows_of(outcome.out)) {
      EXPECT_NE(row.at("Status"), "error") << row.at("Error");
      if (row.at("Status") != "skipped") uids.insert(row.at("SOPInstanceUID"));
    }
    return uids;
  }

  fs::path new_folder(const std::string& name) const {
    fs::create_directory(folder_ / name);
    return folder_ / name;
  }

  const std::multiset<std::string> films_ = {"1.2.3.4.5.1", "1.2.3.4.5.2"};
  const std::vector<std::string> query_ = {"-k", "QueryRetrieveLevel=STUDY", "-k",
                                           "StudyInstanceUID=1.2.3.4"};
  const fs::path store_ = folder_ / "store";
  const int http_port_ = free_port(), dicom_port_ = free_port(), our_port_ = free_port();
  pid_t archive_ = 0;
};

/// The one part of a multipart answer (RFC 2046).
std::string only_part(const std::string& answer) {
  const std::string boundary = answer.substr(0, answer.find("\r\n"));
  const std::size_t begin = answer.find("\r\n\r\n") + 4;
  return answer.substr(begin, answer.find("\r\n" + boundary, begin) - begin);
}

/// The data set without the meta header, in one encoding.
std::string data_set(const fs::path& file) {
  DcmFileFormat content;
  EXPECT_TRUE(content.loadFile(file.c_str()).good()) << file;
  const std::string out = file.string() + ".set";
  EXPECT_TRUE(content
                  .saveFile(out.c_str(), EXS_LittleEndianExplicit, EET_ExplicitLength, EGL_recalcGL,
                            EPD_withoutPadding, 0, 0, EWM_dataset)
                  .good());
  const std::string bytes = read_file(out);
  fs::remove(out);
  return bytes;
}

TEST_F(Orthanc, FilmsComeInFourWays) {
  send_films();
  std::vector<std::string> asked = query_;
  const fs::path got = new_folder("getscu");
  asked.insert(asked.end(), {"-S", "-od", got});
  talk("getscu", asked);
  EXPECT_EQ(judged_in(got), films_);

  asked = query_;
  const fs::path moved = new_folder("movescu");
  asked.insert(asked.end(), {"-S", "-aem", "US", "+P", std::to_string(our_port_), "-od", moved});
  talk("movescu", asked);
  EXPECT_EQ(judged_in(moved), films_);

  const fs::path downloaded = new_folder("rest");
  for (const json& id : json::parse(get("/instances"))) {
    write_file(downloaded / id, get("/instances/" + id.get<std::string>() + "/file"));
  }
  EXPECT_EQ(judged_in(downloaded), films_);

  EXPECT_EQ(judged_in(store_), films_);
}

TEST_F(Orthanc, ResultsComeIntoTheFilmsStudyAndOutAgainUnchanged) {
  send_films();
  ASSERT_EQ(write_output({"--save", "dicom"}).status, 0);
  store(output_ / "dicom");
  store(output_ / "dicom");  // again: they are the same objects

  // QIDO-RS
  const json studies = get_json("/dicom-web/studies");
  ASSERT_EQ(studies.size(), 1) << studies;
  const json found = get_json("/dicom-web/studies/1.2.3.4/instances");
  ASSERT_EQ(found.size(), 2 + 6) << found;
  std::map<std::string, int> modalities;
  std::map<std::string, std::string> series;  // of instances
  for (const json& each : found) {
    const auto value = [&](const char* tag) {
      return each.at(tag).at("Value").at(0).get<std::string>();
    };
    ++modalities[value("00080060")];
    series[value("00080018")] = value("0020000E");
  }
  EXPECT_EQ(modalities, (std::map<std::string, int>{{"CR", 2}, {"OT", 2}, {"SEG", 2}, {"SR", 2}}));

  // WADO-RS
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(output_ / "dicom")) {
    const std::string uid = read_dicom_uids(entry.path()).instance;
    ASSERT_TRUE(series.contains(uid)) << entry.path();
    const fs::path file = folder_ / "retrieved.dcm";
    write_file(file, only_part(get(
                         "/dicom-web/studies/1.2.3.4/series/" + series[uid] + "/instances/" + uid,
                         "multipart/related; type=\"application/dicom\"")));
    EXPECT_EQ(data_set(file), data_set(entry.path())) << entry.path();
    ++compared;
  }
  EXPECT_EQ(compared, 6);

  // The results in the archive are no films.
  EXPECT_EQ(judged_in(store_), films_);
}

}  // namespace
}  // namespace cxr::test
