namespace SkyDriver.Cli.Local;

/// <summary>Writes files so that they are whole or not there.</summary>
internal static class OutputFiles
{
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
