using System.Globalization;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Files of this machine, and of what is mounted on it.</summary>
internal sealed class LocalStore : IFileStore
{
    public Task<IReadOnlyList<StoredFile>> ListAsync(string uri, CancellationToken stop)
    {
        string path = PathOf(uri);
        if (!uri.EndsWith('/')) return Task.FromResult<IReadOnlyList<StoredFile>>([new(path, Path.GetFileName(path), Stamp(path))]);
        if (!Directory.Exists(path)) throw new StagingException($"There is no folder '{path}' on this machine.");
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return Task.FromResult<IReadOnlyList<StoredFile>>([.. Directory.EnumerateFiles(path, "*", all).Select(file => new StoredFile(file, Path.GetRelativePath(path, file), Stamp(file)))]);
    }

    public async Task FetchAsync(string uri, string path, CancellationToken stop)
    {
        await using FileStream from = new(PathOf(uri), FileMode.Open, FileAccess.Read, FileShare.ReadWrite), to = new(path, FileMode.CreateNew);
        await from.CopyToAsync(to, stop);
    }

    public async Task PutAsync(string path, string uri, CancellationToken stop)
    {
        string target = PathOf(uri), part = target + ".part";
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using (FileStream from = File.OpenRead(path), to = new(part, FileMode.Create)) await from.CopyToAsync(to, stop);
        // Whoever looks for it finds all of it or nothing.
        File.Move(part, target, overwrite: true);
    }

    private static string Stamp(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}") : throw new StagingException($"There is no file '{path}' on this machine.");
    }

    private static string PathOf(string uri)
    {
        if (uri.StartsWith('/')) return uri;
        return Uri.TryCreate(uri, UriKind.Absolute, out Uri? file) && file is { IsFile: true, Host: "" or "localhost" } ? file.LocalPath : throw new StagingException($"'{uri}' is no file of this machine; give file:///PATH.");
    }
}
