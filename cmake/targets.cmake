# What a user links: lsm::lsm, and the components that need a compiled library.

# Debian's version file for range-v3 accepts only an exact match, so no version is asked for.
find_package(range-v3 CONFIG REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers OPTIONAL_COMPONENTS json serialization)
find_path(LSM_XXHASH_INCLUDE_DIR xxhash.h REQUIRED DOC "Where xxhash.h is")
mark_as_advanced(LSM_XXHASH_INCLUDE_DIR)

# Adds an interface library whose headers are installed, and compiled one by one on request by the
# target all_verify_interface_header_sets.
function(lsm_add_component target alias)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "HEADERS;LINK")
  add_library(${target} INTERFACE)
  add_library(lsm::${alias} ALIAS ${target})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_link_libraries(${target} INTERFACE ${arg_LINK})
  target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include
                                               FILES ${arg_HEADERS})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${alias}
    VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
endfunction()

# A header belongs to the component whose library it needs, so that each set compiles alone.
file(GLOB_RECURSE core_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/lsm/*.hpp)
set(json_pattern "/lsm/(simple|codec/json(/[a-z]+)?|storage/format/json)\\.hpp$")
set(serialization_pattern "/lsm/storage/format/(archive|serialization)\\.hpp$")
set(compression_pattern "/lsm/storage/compression/(lz4|zstd)\\.hpp$")
foreach(component IN ITEMS json serialization compression)
  set(${component}_headers ${core_headers})
  list(FILTER ${component}_headers INCLUDE REGEX ${${component}_pattern})
  list(FILTER core_headers EXCLUDE REGEX ${${component}_pattern})
endforeach()

lsm_add_component(lsm lsm HEADERS ${core_headers}
                  LINK Boost::headers range-v3::range-v3 Threads::Threads)

# A component exists where its library does; `lsm_components` lists those that do.
set(lsm_components)
foreach(component IN ITEMS json serialization)
  if(TARGET Boost::${component})
    lsm_add_component(lsm-${component} ${component} HEADERS ${${component}_headers}
                      LINK lsm Boost::${component})
    list(APPEND lsm_components ${component})
  endif()
endforeach()

# Where the libraries are is this machine's business: an installed package looks for them again.
include(${CMAKE_CURRENT_LIST_DIR}/lsm-find-compression.cmake)
lsm_find_compression(compression_libraries compression_dirs)
if(compression_libraries)
  lsm_add_component(lsm-compression compression HEADERS ${compression_headers}
                    LINK lsm "$<BUILD_INTERFACE:${compression_libraries}>")
  target_include_directories(lsm-compression SYSTEM INTERFACE
                             "$<BUILD_INTERFACE:${compression_dirs}>")
  list(APPEND lsm_components compression)
endif()
