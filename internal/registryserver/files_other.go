//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package registryserver

import (
	"io"
	"os"
)

// lockFile only opens the file: these systems have no lock in Go's standard library
// that ends with the process, so nothing keeps a second process out.
func lockFile(path string) (io.Closer, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}

// replaceFile gives the written file the path of the old one.
func replaceFile(written, _ *os.File, path string) error { return os.Rename(written.Name(), path) }

// reopen is the file under its new name: here it is the same.
func reopen(file *os.File, _ string) (*os.File, error) { return file, nil }

// syncDir does nothing: not all of these systems can.
func syncDir(string) error { return nil }
