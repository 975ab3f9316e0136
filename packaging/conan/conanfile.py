"""Conan 2 recipe; the sources are those that it came with."""

import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class CloudBackend(ConanFile):
    name = "cloud_backend"
    version = "0.1.0"
    description = "Client for OpenAI-compatible cloud chat completions"
    license = "MIT"
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ["auto_shared_fpic"]

    def validate(self):
        check_min_cppstd(self, 20)

    def requirements(self):
        self.requires("nlohmann_json/[>=3.10 <4]", transitive_headers=True)
        self.requires("libcurl/[>=7.80 <9]")
        self.requires("fmt/[>=9 <12]")
        self.requires("spdlog/[>=1.10 <2]")
        self.requires("simdjson/[>=3 <4]")

    def layout(self):
        self.folders.root = os.path.join("..", "..")
        cmake_layout(self)

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, src=root, dst=self.export_sources_folder)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["CLOUD_BACKEND_BUILD_TESTS"] = False
        toolchain.cache_variables["CLOUD_BACKEND_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["CLOUD_BACKEND_INSTALL"] = True
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.libs = ["cloud_backend"]
        self.cpp_info.system_libs = ["pthread"]
        self.cpp_info.set_property("cmake_file_name", "cloud_backend")
        self.cpp_info.set_property("cmake_target_name", "cloud_backend::cloud_backend")
        self.cpp_info.set_property("pkg_config_name", "cloud_backend")
        if not self.options.shared:
            self.cpp_info.defines = ["CLOUD_BACKEND_STATIC_DEFINE"]
