// Command supervise keeps the programs of one cluster. It starts and stops them as it is told on stdin; once stdin
// closes, however the process at the other end has ended, it ends them all and removes the cluster's folder.
//
//	supervise FOLDER
//
// Every line on stdin is one order in JSON, and every order gets one answer, a line on stdout; the first line there is
// its own pid, once it holds the lock on FOLDER/lock, which it does as long as it lives. Should it be killed itself, the kernel ends its programs, and only the folder stays.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// order is what is wanted; one of its fields is set.
type order struct {
	Start *program `json:"start"`
	// Stop names the program to kill.
	Stop string `json:"stop"`
	// Look names the program to tell of.
	Look string `json:"look"`
	// Stay: live on when stdin closes, until a signal comes.
	Stay bool `json:"stay"`
}

type program struct {
	Name string   `json:"name"`
	Path string   `json:"path"`
	Args []string `json:"args"`
	Env  []string `json:"env"`
	// Log is the file that both its outputs are appended to.
	Log string `json:"log"`
}

type answer struct {
	Pid int `json:"pid,omitempty"`
	// Ended says how the program ended, if it has.
	Ended string `json:"ended,omitempty"`
	Error string `json:"error,omitempty"`
}

type child struct {
	command *exec.Cmd
	done    chan struct{}
}

type supervisor struct {
	children map[string]*child
	stays    bool
}

func main() {
	// The kernel ends a program with the thread that started it: all are started from this one, which never ends before.
	runtime.LockOSThread()
	if len(os.Args) != 2 {
		fail(errors.New("usage: supervise FOLDER"))
	}
	folder := os.Args[1]
	// Away from the terminal of whoever started it: an interrupt there is not meant for the cluster.
	if _, err := syscall.Setsid(); err != nil {
		fmt.Fprintln(os.Stderr, "setsid:", err)
	}
	hold(filepath.Join(folder, "lock"))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)

	s := supervisor{children: map[string]*child{}}
	s.serve(orders(), signals)
	s.end()
	remove(folder)
}

// hold takes the lock, which ends with this process.
func hold(path string) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		fail(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		fail(fmt.Errorf("%s is held by another supervisor: %w", path, err))
	}
}

// orders gives the lines of stdin and is closed with it.
func orders() <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		reader := bufio.NewReader(os.Stdin)
		for {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	return lines
}

// serve answers orders until a signal comes or, unless told to stay, the orders end.
func (s *supervisor) serve(lines <-chan []byte, signals <-chan os.Signal) {
	answers := json.NewEncoder(os.Stdout)
	_ = answers.Encode(answer{Pid: os.Getpid()})
	for {
		select {
		case <-signals:
			return
		case line, open := <-lines:
			if !open && !s.stays {
				return
			}
			if !open {
				lines = nil
				continue
			}
			// Who does not listen any more has closed stdin too.
			_ = answers.Encode(s.obey(line))
		}
	}
}

func (s *supervisor) obey(line []byte) answer {
	var wanted order
	if err := json.Unmarshal(line, &wanted); err != nil {
		return answer{Error: err.Error()}
	}
	switch {
	case wanted.Start != nil:
		return s.start(wanted.Start)
	case wanted.Stop != "":
		return s.stop(wanted.Stop)
	case wanted.Look != "":
		return s.look(wanted.Look)
	case wanted.Stay:
		s.stays = true
		return answer{Pid: os.Getpid()}
	}
	return answer{Error: "an order to do nothing"}
}

func (s *supervisor) start(wanted *program) answer {
	if running, known := s.children[wanted.Name]; known && !running.ended() {
		return answer{Error: wanted.Name + " runs already"}
	}
	log, err := os.OpenFile(wanted.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return answer{Error: err.Error()}
	}
	defer log.Close()
	command := exec.Command(wanted.Path, wanted.Args...)
	command.Env = append(os.Environ(), wanted.Env...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return answer{Error: err.Error()}
	}
	started := &child{command: command, done: make(chan struct{})}
	s.children[wanted.Name] = started
	go func() {
		defer close(started.done)
		_ = command.Wait()
	}()
	return answer{Pid: command.Process.Pid}
}

func (s *supervisor) stop(name string) answer {
	known, ok := s.children[name]
	if !ok {
		return answer{Error: name + " was never started"}
	}
	known.kill()
	return s.look(name)
}

func (s *supervisor) look(name string) answer {
	known, ok := s.children[name]
	if !ok {
		return answer{Error: name + " was never started"}
	}
	told := answer{Pid: known.command.Process.Pid}
	if known.ended() {
		told.Ended = known.command.ProcessState.String()
	}
	return told
}

// end kills every program and waits until all are gone.
func (s *supervisor) end() {
	for _, running := range s.children {
		// A dead one is no error here.
		_ = running.command.Process.Kill()
	}
	for _, running := range s.children {
		<-running.done
	}
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *child) kill() {
	_ = c.command.Process.Kill()
	<-c.done
}

// remove takes the folder away. A client of the cluster that outlives it may just be writing there, so it is tried again.
func remove(folder string) {
	for range 50 {
		if os.RemoveAll(folder) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Fprintln(os.Stderr, "could not remove", folder)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "supervise:", err)
	os.Exit(1)
}
