using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace SkyDriver.External;

/// <summary>A child that reads and writes lines. Every wait ends with the token; then, and on every fault, the child is killed with all that it started.</summary>
internal sealed class ExternalProcess : IDisposable
{
    private const int MaxComplaint = 2000;
    private static readonly TimeSpan ComplaintPatience = TimeSpan.FromMilliseconds(500);

    private readonly LeashedProcess _leashed;
    private readonly Process _process;
    private readonly string _name;

    /// <summary>Lines read ahead. A child that talks without being asked waits once they are many.</summary>
    private readonly BlockingCollection<ReadOnlyMemory<byte>> _lines = new(boundedCapacity: 16);
    private readonly StringBuilder _complaint = new();
    private readonly Thread _complaints;
    private volatile string? _tooLong;

    /// <exception cref="ExternalProgramException">It cannot be started.</exception>
    public ExternalProcess(IReadOnlyList<string> command)
    {
        _name = command[0];
        try
        {
            // What lets this worker in elsewhere is none of the program's business.
            _leashed = LeashedProcess.Start(command, IsSecret);
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new ExternalProgramException($"'{_name}' cannot be started: {fault.Message}. Check the command and the path it is found on.", fault);
        }

        _process = _leashed.Program;
        // The pipes outlive a killed child where a grandchild holds them: threads of their own can be left behind.
        new Thread(ReadLines) { IsBackground = true, Name = "external-out" }.Start();
        _complaints = new Thread(ReadComplaints) { IsBackground = true, Name = "external-err" };
        _complaints.Start();
    }

    /// <summary>Sends a line and waits for the next one.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the child is no more.</exception>
    /// <exception cref="ExternalProgramException">The child ended, or wrote no line of a decent length.</exception>
    public ReadOnlyMemory<byte> Ask(byte[] line, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration kill = cancellationToken.Register(_leashed.Kill);
        try
        {
            // A child that does not read lets the write wait; the kill ends it.
            Task.Run(() => Write(line), CancellationToken.None).Wait(cancellationToken);
        }
        catch (AggregateException broken) when (broken.InnerException is IOException or ObjectDisposedException)
        {
            // It has ended, and the reader knows how.
        }

        if (_lines.TryTake(out ReadOnlyMemory<byte> answer, Timeout.Infinite, cancellationToken)) return answer;
        cancellationToken.ThrowIfCancellationRequested();
        throw new ExternalProgramException(_tooLong ?? $"'{_name}' ended{ExitCode()} without an answer{Complaint()}.");
    }

    public void Dispose()
    {
        _leashed.Dispose();
        _lines.CompleteAdding();
    }

    private static bool IsSecret(string variable) =>
        new[] { "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL" }.Any(word => variable.Contains(word, StringComparison.OrdinalIgnoreCase));

    private void Write(byte[] line)
    {
        Stream input = _process.StandardInput.BaseStream;
        input.Write(line);
        input.Flush();
    }

    private void ReadLines()
    {
        byte[] buffer = new byte[4096];
        using MemoryStream line = new();
        try
        {
            Stream output = _process.StandardOutput.BaseStream;
            while (output.Read(buffer) is > 0 and int count)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, count);
                while (rest.IndexOf((byte)'\n') is >= 0 and int end)
                {
                    line.Write(rest[..end]);
                    rest = rest[(end + 1)..];
                    _lines.Add(line.ToArray());
                    line.SetLength(0);
                }

                line.Write(rest);
                if (line.Length <= Messages.MaxAnswerBytes) continue;
                _tooLong = $"'{_name}' wrote more than {Messages.MaxAnswerBytes >> 10} KiB without an end of line; answers are one line of JSON.";
                _leashed.Kill();
                break;
            }
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            // Disposed of, or its pipe broke: there are no more lines.
        }

        _lines.CompleteAdding();
    }

    /// <summary>Reads on for ever, so that the child never waits for us; keeps the end.</summary>
    private void ReadComplaints()
    {
        char[] buffer = new char[1024];
        try
        {
            while (_process.StandardError.Read(buffer) is > 0 and int count)
            {
                lock (_complaint)
                {
                    _complaint.Append(buffer, 0, count);
                    if (_complaint.Length > MaxComplaint) _complaint.Remove(0, _complaint.Length - MaxComplaint);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            // As above.
        }
    }

    private string ExitCode()
    {
        try
        {
            return _process.WaitForExit(ComplaintPatience) ? $" with code {_process.ExitCode}" : "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    /// <summary>The last line it wrote to its error output: mostly the reason.</summary>
    private string Complaint()
    {
        _complaints.Join(ComplaintPatience);
        lock (_complaint)
        {
            string last = _complaint.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
            return last == "" ? "" : $"; its last words were: {last}";
        }
    }
}
