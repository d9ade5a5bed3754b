// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace support {

/// Ends the process with a message unless its scope ends in time: threads that hang cannot be joined.
class deadline {
public:
    deadline(std::string what, std::chrono::seconds most)
        : watcher_([this, what = std::move(what), most] {
              std::unique_lock lock(mutex_);
              if (ended_.wait_for(lock, most, [&] { return is_over_; })) return;
              std::fprintf(stderr, "error: %s: a call has not returned after %lld s\n",
                           what.c_str(), static_cast<long long>(most.count()));
              std::_Exit(1);
          }) {}
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;
    ~deadline() {
        {
            const std::scoped_lock lock(mutex_);
            is_over_ = true;
        }
        ended_.notify_one();
        watcher_.join();
    }

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool is_over_ = false;
    std::thread watcher_;
};

}  // namespace support
