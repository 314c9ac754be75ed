package registryserver

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// sharingViolation is ERROR_SHARING_VIOLATION: somebody else has the file open.
const sharingViolation syscall.Errno = 32

// lockFile opens a file that nobody else may open until it is closed or the
// process ends, however it ends. It does not wait.
func lockFile(path string) (io.Closer, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const shareNothing = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing,
		nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errHeld
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// replaceFile gives the written file the path of the old one. Windows renames
// neither onto nor from an open file.
func replaceFile(written, old *os.File, path string) error {
	if err := errors.Join(written.Close(), old.Close()); err != nil {
		return err
	}
	return os.Rename(written.Name(), path)
}

// reopen opens the file under its new name, for appending.
func reopen(_ *os.File, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// syncDir does nothing: Windows has no way to, and renames through its journal.
func syncDir(string) error { return nil }
