using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using SkyDriver.Products;

namespace SkyDriver.Cli.Local;

/// <summary>Writes files so that they are whole or not there.</summary>
internal static class OutputFiles
{
    private const int MostAtATime = 4;

    /// <summary>Fails now, with the folder's name, when nothing can be written there later.</summary>
    public static void Probe(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string probe = Path.Combine(folder, $".skydriver-{Environment.ProcessId}");
            File.WriteAllBytes(probe, new byte[4096]);
            File.Delete(probe);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"--out: '{folder}' cannot be written: {fault.Message} Give another folder, or make room.");
        }
    }

    /// <summary>Makes and writes products, as many at a time as there are processors but few: the largest take a hundred megabytes each.</summary>
    /// <returns>Their paths, in the order of the kinds.</returns>
    public static IReadOnlyList<string> Write(string folder, ScanProducts products, IEnumerable<ProductKind> kinds)
    {
        ProductKind[] all = [.. kinds];
        ConcurrentDictionary<ProductKind, string[]> paths = [];
        try
        {
            // One by one from the list, as they differ by a hundred times; a ready-made share would keep one worker long after the others.
            var work = Partitioner.Create(ProductKind.InOrderOfWork(all), EnumerablePartitionerOptions.NoBuffering);
            Parallel.ForEach(work, new() { MaxDegreeOfParallelism = MostAtATime }, kind => paths[kind] = [.. products.Make([kind]).Select(file =>
            {
                string path = Path.Combine(folder, file.Name);
                Write(path, file.Content);
                return path;
            })]);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return [.. all.SelectMany(kind => paths[kind])];
    }

    public static void Print(IEnumerable<string> paths)
    {
        foreach (string path in paths) Console.WriteLine(Path.GetRelativePath(Environment.CurrentDirectory, path));
    }

    /// <exception cref="IOException">The folder cannot be written, or its disk is full; nothing is left behind.</exception>
    public static void Write(string file, byte[] content)
    {
        string? folder = Path.GetDirectoryName(file);
        if (!string.IsNullOrEmpty(folder)) Directory.CreateDirectory(folder);
        string partial = file + ".partial";
        try
        {
            File.WriteAllBytes(partial, content);
            File.Move(partial, file, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
