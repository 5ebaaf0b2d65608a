using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>
/// One submission of a key at a time, over all processes of this machine. The lock is inherited by the tools that are started under it:
/// when this process is killed, a submission that still runs keeps it, and nobody submits the same again beside it.
/// </summary>
internal sealed partial class SubmissionLock : IDisposable
{
    private const int Stripes = 32;
    private const int SetDescriptorFlags = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle _file;

    private SubmissionLock(SafeFileHandle file) => _file = file;

    /// <returns>Null when another has it for the whole wait.</returns>
    public static async Task<SubmissionLock?> TakeAsync(string folder, string key, TimeSpan wait, TimeProvider clock, CancellationToken ct)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // A fixed number of files, never removed: a file that is taken away while others wait for it locks nothing.
        string path = Path.Combine(folder, $"{Convert.ToInt32(key[..2], 16) % Stripes}.lock");
        long start = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new(OpenInheritable(path));
            }
            catch (IOException) when (File.Exists(path))
            {
                if (clock.GetElapsedTime(start) > wait) return null;
            }

            await Task.Delay(Pause, clock, ct);
        }
    }

    /// <summary>Unlocks, also for tools that inherited it.</summary>
    public void Dispose() => _file.Dispose();

    private static SafeFileHandle OpenInheritable(string path)
    {
        // Not to be shared: the runtime locks the file, for the descriptor and its copies in children.
        SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        if (Control((int)file.DangerousGetHandle(), SetDescriptorFlags, 0) == 0) return file;
        file.Dispose();
        throw new InvalidOperationException($"The lock file {path} cannot be handed to children.");
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);
}
