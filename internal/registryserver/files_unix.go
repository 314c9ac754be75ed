//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package registryserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockFile takes the lock on a file until it is closed or the process ends,
// however it ends. It does not wait.
func lockFile(path string) (io.Closer, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("locking it: %w", err)
	}
	return heldLock{file}, nil
}

// heldLock is a locked file.
type heldLock struct{ *os.File }

// Close unlocks before it closes: a process that was just started and has not yet
// become another program has the file too, and would keep the lock for a moment.
func (l heldLock) Close() error {
	return errors.Join(syscall.Flock(int(l.Fd()), syscall.LOCK_UN), l.File.Close())
}

// replaceFile gives the written file the path of the old one, in one step.
func replaceFile(written, _ *os.File, path string) error { return os.Rename(written.Name(), path) }

// reopen is the file under its new name: here it is the same.
func reopen(file *os.File, _ string) (*os.File, error) { return file, nil }

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
