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
