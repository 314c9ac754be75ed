//go:build !cgo

package concord

// Without cgo there is no librdkafka, and these constants stand where its constructors would: a program
// that calls one does not compile, and the compiler's message has their text.
const (
	// NewProducer needs cgo: build with CGO_ENABLED=1 and a C compiler, or use package franz.
	NewProducer = "needs cgo and a C compiler, or use package franz"
	// NewConsumer needs cgo: build with CGO_ENABLED=1 and a C compiler, or use package franz.
	NewConsumer = "needs cgo and a C compiler, or use package franz"
)
