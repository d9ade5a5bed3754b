// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <lsm/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

/// @file
/// How a `directory` reads its tables. Each policy has a `reader<File>`, made of an open file, with
/// `bytes`, `read` and `expect`; any thread may call them.

namespace lsm {

/// By system calls, through the page cache of the system: a damaged device is an error of one read. The
/// default.
struct cached_reads {
    template <class File>
    class reader;
};

/// Through a mapping: a block that the page cache has is copied from there without a system call. A page that
/// cannot be read, or that the file has lost, is an error of the read: `detail::page_guard` says where not.
/// Where no mapping can be had, as `cached_reads`.
struct mapped_reads {
    template <class File>
    class reader;
};

template <class File>
class cached_reads::reader {
public:
    explicit reader(File opened) : file_(std::move(opened)) { file_.expect_any_order(); }

    [[nodiscard]] std::uint64_t bytes() const { return file_.bytes(); }
    /// Reads exactly so many bytes. @throws error `corruption` if the file ends before
    void read(std::uint64_t offset, std::span<std::byte> to) const {
        const std::size_t got = file_.read(offset, to);
        if (got != to.size())
            throw error(errc::corruption, file_.path() + ": expected " + std::to_string(to.size()) +
                                              " bytes at offset " + std::to_string(offset) +
                                              ", got " + std::to_string(got));
    }
    /// Says that these bytes will be read soon: reads of several places then wait side by side.
    void expect(std::uint64_t offset, std::uint64_t bytes) const noexcept {
        file_.expect(offset, bytes);
    }

private:
    File file_;
};

template <class File>
class mapped_reads::reader {
    using mapping = typename decltype(std::declval<const File&>().map_to_read())::value_type;

public:
    explicit reader(File opened) : mapped_(opened.map_to_read()), file_(std::move(opened)) {}

    [[nodiscard]] std::uint64_t bytes() const {
        return mapped_ ? mapped_->bytes().size() : file_.bytes();
    }
    /// Reads exactly so many bytes. @throws error `corruption` if the file ends before
    void read(std::uint64_t offset, std::span<std::byte> to) const {
        const bool fits = mapped_ && offset <= bytes() && to.size() <= bytes() - offset;
        if (!fits || !mapped_->copy(offset, to)) file_.read(offset, to);
    }
    /// Says that these bytes will be read soon.
    void expect(std::uint64_t offset, std::uint64_t bytes) const noexcept {
        file_.expect(offset, bytes);
    }

private:
    std::optional<mapping> mapped_;
    cached_reads::reader<File> file_;
};

}  // namespace lsm
