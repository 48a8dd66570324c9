# What `make package` puts into build/release: a Debian package and a tar archive of the two programs.

if(NOT TARGET parleyd OR NOT TARGET parley)
    return()
endif()

install(TARGETS parleyd parley RUNTIME DESTINATION bin)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION share/doc/parley)
# Where what the programs say of their documentation is found.
install(DIRECTORY docs/operate DESTINATION share/doc/parley FILES_MATCHING PATTERN "*.md")

set(CPACK_PACKAGE_NAME parley)
set(CPACK_PACKAGE_CONTACT "The Parley project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# The libraries that the programs were linked against become the packages that it depends on.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
