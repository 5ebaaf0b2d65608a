using SkyDriver.Products;

namespace SkyDriver.Cli.Local;

/// <summary>Writes files so that they are whole or not there.</summary>
internal static class OutputFiles
{
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

    /// <summary>Makes and writes one product after the other.</summary>
    /// <returns>Their paths.</returns>
    public static IReadOnlyList<string> Write(string folder, ScanProducts products, IEnumerable<ProductKind> kinds)
    {
        List<string> paths = [];
        foreach (ProductFile file in products.Make(kinds))
        {
            paths.Add(Path.Combine(folder, file.Name));
            Write(paths[^1], file.Content);
        }

        return paths;
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
