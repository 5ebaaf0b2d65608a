using System.Globalization;

namespace SkyDriver.Worker.Agent;

/// <summary>Folders of one execution.</summary>
internal sealed record TaskFolder(string Path)
{
    public string Input => System.IO.Path.Combine(Path, "input");

    public string Output => System.IO.Path.Combine(Path, "output");

    public string Resource => System.IO.Path.Combine(Path, "resource");

    public string Temporary => System.IO.Path.Combine(Path, "tmp");

    public string Log(string stream) => System.IO.Path.Combine(Path, "log." + stream);
}

/// <summary>Where a worker keeps the files of its work: a folder for each execution, and one for what they share.</summary>
/// <remarks>What an execution left behind stays until the disk fills, so that somebody can look at a failure; one that succeeded leaves nothing.</remarks>
internal sealed class WorkFolder(string root)
{
    /// <summary>Share of the disk from which on folders that nobody uses are removed, oldest first.</summary>
    private const double Full = 0.9;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _used = [];

    public string Resources => Path.Combine(root, "resources");

    private string Executions => Path.Combine(root, "executions");

    /// <exception cref="IOException">There is no room, or no right to write.</exception>
    public TaskFolder Open(long execution)
    {
        TaskFolder folder = new(Path.Combine(Executions, execution.ToString(CultureInfo.InvariantCulture)));
        lock (_gate) _used.Add(folder.Path);
        MakeRoom();
        // An attempt that this worker has forgotten, such as before it was killed.
        if (Directory.Exists(folder.Path)) Directory.Delete(folder.Path, recursive: true);
        foreach (string part in new[] { folder.Input, folder.Output, folder.Resource, folder.Temporary }) Directory.CreateDirectory(part);
        return folder;
    }

    public void Close(TaskFolder folder, bool isKept)
    {
        if (!isKept) Remove(folder.Path);
        lock (_gate) _used.Remove(folder.Path);
    }

    /// <summary>Removes folders that no execution uses.</summary>
    public void Clean()
    {
        foreach (string folder in Unused()) Remove(folder);
    }

    private void MakeRoom()
    {
        foreach (string folder in Unused())
        {
            if (!IsFull()) return;
            Remove(folder);
        }
    }

    private string[] Unused()
    {
        lock (_gate)
        {
            return !Directory.Exists(Executions) ? [] : [.. Directory.EnumerateDirectories(Executions).Where(f => !_used.Contains(f)).OrderBy(Directory.GetLastWriteTimeUtc)];
        }
    }

    private bool IsFull()
    {
        Directory.CreateDirectory(root);
        DriveInfo drive = new(root);
        return drive.AvailableFreeSpace < (1 - Full) * drive.TotalSize;
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception held) when (held is IOException or UnauthorizedAccessException)
        {
            // Gone already, or what a container wrote as another user: it stays.
        }
    }
}
