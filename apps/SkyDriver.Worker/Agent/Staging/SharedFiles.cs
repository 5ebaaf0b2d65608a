using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Resources: fetched once for a worker, and linked into the folder of each execution that asks for them.</summary>
/// <remarks>A folder for each URI with a file that says which state of the source it has; it outlives the worker.</remarks>
internal sealed class SharedFiles(string root, FileStores stores)
{
    private const string Stamp = "stamp", Content = "content";

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _locks = [];

    /// <param name="fetch">Brings a URI into a folder.</param>
    public async Task LinkAsync(StagedUri staged, string target, Func<StagedUri, string, CancellationToken, Task> fetch, CancellationToken stop)
    {
        string folder = Path.Combine(root, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(staged.ToString()))));
        SemaphoreSlim one = _locks.GetOrAdd(folder, _ => new(1));
        await one.WaitAsync(stop);
        try
        {
            string stamp = string.Join('\n', (await stores.For(staged.Uri).ListAsync(staged.Uri, stop)).Select(file => $"{file.Name} {file.Stamp}"));
            string content = Path.Combine(folder, Content), mark = Path.Combine(folder, Stamp);
            if (!File.Exists(mark) || await File.ReadAllTextAsync(mark, stop) != stamp)
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
                Directory.CreateDirectory(content);
                await fetch(staged, content, stop);
                await File.WriteAllTextAsync(mark, stamp, stop);
            }

            Link(content, target);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>The next who asks for one has it fetched anew.</summary>
    public void Forget()
    {
        if (!Directory.Exists(root)) return;
        foreach (string folder in Directory.EnumerateDirectories(root)) File.Delete(Path.Combine(folder, Stamp));
    }

    private static void Link(string from, string to)
    {
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) PlainFiles.Link(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
