# What `make package` puts into build/release: a Debian package and a tar archive of the programs, the
# service, its settings, and what operators read.

if(NOT TARGET parleyd OR NOT TARGET parley)
    return()
endif()

install(TARGETS parleyd parley RUNTIME DESTINATION bin)
# Where what the programs say of their documentation is found. What links there leads to what is there.
install(FILES LICENSE CHANGELOG.md DESTINATION share/doc/parley)
install(DIRECTORY docs/operate/ DESTINATION share/doc/parley FILES_MATCHING PATTERN "*.md")
# The service, its user, and its settings.
install(FILES deploy/parley.service DESTINATION lib/systemd/system)
install(FILES deploy/sysusers.conf DESTINATION lib/sysusers.d RENAME parley.conf)
install(FILES deploy/parleyd.toml DESTINATION /etc/parley)

set(CPACK_PACKAGE_NAME parley)
set(CPACK_PACKAGE_CONTACT "The Parley project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Without these the tar archive's /etc would be written to this machine's.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA conffiles postinst prerm postrm)
list(TRANSFORM CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA PREPEND "${PROJECT_SOURCE_DIR}/deploy/debian/")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Who makes the user.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
# The libraries that the programs were linked against become the packages that it depends on.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
