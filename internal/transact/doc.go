// Package transact writes what handlers have made of records, and the offsets of those records, in
// transactions. No handler works within one: a transaction begins when everything is
// there, so it is short, and one that is aborted is written again from memory.
package transact
