using System.Collections.Concurrent;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Brings an execution's files to it, and takes away what it made.</summary>
internal sealed class Stager(FileStores stores, SharedFiles shared, TimeProvider clock)
{
    private const int InputTries = 2, OutputTries = 5, OutputsAtOnce = 5;

    /// <summary>Names in the list of what was made; more would be no use to anybody.</summary>
    private const int MostNames = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Fetches the task's own files and links those that it shares with others.</summary>
    /// <exception cref="StagingException">Something is not to be had.</exception>
    public async Task BringAsync(string? input, string? resource, TaskFolder folder, CancellationToken stop)
    {
        foreach (StagedUri one in StagedUri.ParseAll(input)) await TryAsync(InputTries, () => FetchAsync(one, folder.Input, stop), one.Uri, stop);
        foreach (StagedUri one in StagedUri.ParseAll(resource)) await TryAsync(InputTries, () => shared.LinkAsync(one, folder.Resource, FetchAsync, stop), one.Uri, stop);
    }

    /// <summary>Brings the content of the output folder to where the task wants it.</summary>
    /// <returns>Relative paths of what was made; symbolic links and pipes are left out.</returns>
    /// <exception cref="StagingException">It could not be brought there.</exception>
    public async Task<IReadOnlyList<string>> TakeAsync(string? target, TaskFolder folder, CancellationToken stop)
    {
        IReadOnlyList<string> files = await PlainFiles.BelowAsync(folder.Output, stop);
        if (target is { Length: > 0 }) await PutAllAsync(target.TrimEnd('/'), files, folder.Output, stop);
        // The list is separated by blanks, so that none may be in a name.
        return [.. files.Take(MostNames).Select(name => name.Any(char.IsWhiteSpace) ? Uri.EscapeDataString(name) : name)];
    }

    private async Task PutAllAsync(string target, IReadOnlyList<string> files, string folder, CancellationToken stop)
    {
        IFileStore store = stores.For(target + "/");
        ConcurrentBag<string> open = [.. files];
        Exception? last = null;
        // After each failure with one fewer at once: what fails is often a store that is asked for too much.
        for (int round = 0; round < OutputTries && !open.IsEmpty; round++)
        {
            if (round > 0) await Task.Delay(Pause * round, clock, stop);
            string[] now = [.. open];
            open.Clear();
            await Parallel.ForEachAsync(now, new ParallelOptions { MaxDegreeOfParallelism = OutputsAtOnce - round, CancellationToken = stop }, async (name, ended) =>
            {
                try
                {
                    await store.PutAsync(Path.Combine(folder, name), $"{target}/{name}", ended);
                }
                catch (Exception fault) when (MayPass(fault))
                {
                    last = fault;
                    open.Add(name);
                }
            });
        }

        if (!open.IsEmpty) throw new StagingException($"{open.Count} files could not be brought to {target}: {last!.Message}", last);
    }

    private async Task FetchAsync(StagedUri staged, string folder, CancellationToken stop)
    {
        string into = staged.Action is StagedAction.Move ? Path.Combine(folder, staged.Folder) : folder;
        IFileStore store = stores.For(staged.Uri);
        foreach (StoredFile file in await store.ListAsync(staged.Uri, stop))
        {
            string path = Path.Combine(into, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            // From the try before.
            if (File.Exists(path)) File.Delete(path);
            await store.FetchAsync(file.Uri, path, stop);
            await Unpacking.ApplyAsync(staged, path, stop);
        }
    }

    private async Task TryAsync(int tries, Func<Task> act, string uri, CancellationToken stop)
    {
        for (int left = tries; ; left--)
        {
            try
            {
                await act();
                return;
            }
            catch (Exception fault) when (MayPass(fault))
            {
                if (left == 1) throw new StagingException($"{uri} could not be staged: {fault.Message}", fault);
            }

            await Task.Delay(Pause, clock, stop);
        }
    }

    private static bool MayPass(Exception fault) => fault is IOException or UnauthorizedAccessException or HttpRequestException or TaskCanceledException { InnerException: TimeoutException };
}
