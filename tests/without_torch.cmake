# The rooms up to `infer` with the networks of support/stub_network.cpp in place of LibTorch.
add_library(cxr_without_torch STATIC
  ${CMAKE_CURRENT_LIST_DIR}/support/dicom_file.cpp
  ${CMAKE_CURRENT_LIST_DIR}/support/phantom.cpp
  ${CMAKE_CURRENT_LIST_DIR}/support/stub_network.cpp)
foreach(room base read network pipeline metrics draw pacs infer)
  target_sources(cxr_without_torch PRIVATE $<TARGET_OBJECTS:cxr_${room}>)
endforeach()
target_include_directories(cxr_without_torch PUBLIC ${CMAKE_CURRENT_LIST_DIR}
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(cxr_without_torch
  PUBLIC cxr_build_options opencv_core opencv_imgproc opencv_imgcodecs opencv_freetype
    ${CXR_DEFLATE}
    nlohmann_json::nlohmann_json OpenSSL::Crypto ZLIB::ZLIB DCMTK::dcmdata DCMTK::dcmjpeg
    DCMTK::dcmimage DCMTK::dcmfg DCMTK::dcmiod DCMTK::dcmseg DCMTK::dcmsr DCMTK::cmr charls
    ${CXR_SECCOMP})
