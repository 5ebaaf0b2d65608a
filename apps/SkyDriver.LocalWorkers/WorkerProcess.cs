using System.Globalization;
using System.Runtime.InteropServices;

namespace SkyDriver.LocalWorkers;

/// <summary>A process of this machine, known by number and start, so that a later one of the same number is not taken for it.</summary>
/// <param name="Started">Ticks since the machine's start.</param>
internal sealed partial record WorkerProcess(int Id, long Started)
{
    private const int TerminateSignal = 15, KillSignal = 9;
    private const int StateField = 0, StartField = 19;   // of those behind the name
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>This program.</summary>
    public static WorkerProcess Current { get; } = Find(Environment.ProcessId) ?? new(Environment.ProcessId, 0);

    public bool IsRunning => Find(Id) == this;

    /// <returns>Null when there is none, or only its exit code is left.</returns>
    public static WorkerProcess? Find(int id)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            // The name, in brackets, may hold anything.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[StateField] is "Z" or "X" ? null : new(id, long.Parse(fields[StartField], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Asks it to end.</summary>
    public void Terminate()
    {
        if (IsRunning) _ = Signal(Id, TerminateSignal);
    }

    /// <summary>Ends it and everything that belongs to its session.</summary>
    public void Kill()
    {
        if (!IsRunning) return;
        _ = Signal(-Id, KillSignal);
        // Too young to have a session of its own.
        _ = Signal(Id, KillSignal);
    }

    /// <exception cref="OperationCanceledException">It still runs.</exception>
    public async Task WaitForEndAsync(TimeProvider clock, CancellationToken deadline)
    {
        while (IsRunning) await Task.Delay(Look, clock, deadline);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
