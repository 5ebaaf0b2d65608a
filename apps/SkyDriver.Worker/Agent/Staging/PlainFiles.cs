using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>What the framework does not know about files.</summary>
internal static partial class PlainFiles
{
    /// <summary>Relative paths of the regular files below a folder, in order. The framework cannot tell a pipe from a file, and who opens one waits for ever.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static async Task<IReadOnlyList<string>> BelowAsync(string folder, CancellationToken stop)
    {
        ProcessStartInfo start = new("find", [".", "-type", "f", "-print0"]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        using Process find = Process.Start(start)!;
        string names = await find.StandardOutput.ReadToEndAsync(stop);
        await find.WaitForExitAsync(stop);
        if (find.ExitCode != 0) throw new IOException($"'{folder}' cannot be read: find ends with code {find.ExitCode}.");
        return [.. names.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(name => name[2..]).Order(StringComparer.Ordinal)];
    }

    /// <summary>A second name for the same file; a copy where the file system does not know such.</summary>
    public static void Link(string from, string to)
    {
        if (HardLink(from, to) != 0) File.Copy(from, to);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int HardLink(string from, string to);
}
