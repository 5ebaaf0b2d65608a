using System.Text;
using System.Text.Json;

namespace SkyDriver.LocalWorkers;

/// <summary>What is remembered of a worker while it is looked after.</summary>
/// <param name="Name">Of its files.</param>
/// <param name="Key">Of the deployment that started it.</param>
/// <param name="Launcher">Who looks after it.</param>
/// <param name="Place">As whoever asked for it named it.</param>
internal sealed record WorkerRecord(string Id, string ScanId, string Key, string Name, WorkerProcess Process, WorkerProcess Launcher, string? Place = null);

/// <summary>Files of one pool: a record per worker, by which a launcher that was killed finds its workers again, and the worker's output.</summary>
internal sealed class WorkerFolder : IDisposable
{
    /// <summary>The environment's folder for all pools of a launcher; without it nothing outlives the launcher.</summary>
    public const string Variable = "SKYDRIVER_WORKERS_FOLDER";

    private readonly string _path;
    private readonly bool _isKept;

    private WorkerFolder(string path, bool isKept) => (_path, _isKept) = (path, isKept);

    /// <exception cref="IOException">The folder cannot be made.</exception>
    public static WorkerFolder Open(string component)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } root) return new(Directory.CreateTempSubdirectory("skydriver-workers-").FullName, isKept: false);
        string path = Path.Combine(root, Uri.EscapeDataString(component));
        return new(Directory.CreateDirectory(path).FullName, isKept: true);
    }

    /// <summary>Where the worker's files lie, without their kind.</summary>
    public string Stem(string name) => Path.Combine(_path, name);

    public string Output(string name) => File(name, "out");

    public string Errors(string name) => File(name, "err");

    public void Save(WorkerRecord record)
    {
        string file = File(record.Name, "json"), partial = file + ".partial";
        System.IO.File.WriteAllBytes(partial, JsonSerializer.SerializeToUtf8Bytes(record));
        System.IO.File.Move(partial, file, overwrite: true);
    }

    public void Remove(string name)
    {
        foreach (string kind in (string[])["json", "out", "err"]) System.IO.File.Delete(File(name, kind));
    }

    /// <summary>Workers that still run, of launchers that do not. What is left of others that ended is removed.</summary>
    public IReadOnlyList<WorkerRecord> TakeOver()
    {
        List<WorkerRecord> orphans = [];
        foreach (string file in Directory.GetFiles(_path, "*.json"))
        {
            WorkerRecord? record = Read(file);
            if (record is not null && record.Launcher.IsRunning) continue;
            if (record is { Process.IsRunning: true }) orphans.Add(record with { Launcher = WorkerProcess.Current });
            else Remove(Path.GetFileNameWithoutExtension(file));
        }

        foreach (WorkerRecord orphan in orphans) Save(orphan);
        return orphans;
    }

    /// <summary>The end of a file as text.</summary>
    public static (string Text, bool IsTruncated) Tail(string file, int most)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long length = stream.Length, start = Math.Max(0, length - most);
            byte[] tail = new byte[length - start];
            stream.Position = start;
            int read = stream.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false), first = 0;
            // Not in the middle of a character.
            while (start > 0 && first < read && first < 4 && (tail[first] & 0xC0) == 0x80) first++;
            return (Encoding.UTF8.GetString(tail, first, read - first), start > 0);
        }
        catch (IOException)
        {
            return ("", false);
        }
    }

    public void Dispose()
    {
        if (!_isKept && Directory.Exists(_path)) Directory.Delete(_path, recursive: true);
    }

    private string File(string name, string kind) => $"{Stem(name)}.{kind}";

    private static WorkerRecord? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<WorkerRecord>(System.IO.File.ReadAllBytes(file)) is { Id: not null, ScanId: not null, Key: not null, Process: not null, Launcher: not null } record
                ? record with { Name = Path.GetFileNameWithoutExtension(file) }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
