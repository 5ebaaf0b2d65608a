using SkyDriver.IceCube;

namespace SkyDriver.Cli.Commands;

/// <summary>Reads an event that was named on the command line.</summary>
internal static class EventFile
{
    private const int MostMebibytes = 16;

    /// <summary>Null, with the reason among the faults, when it cannot be used.</summary>
    public static (byte[] Json, IceCubeEvent? Event) Read(string file, List<string> faults)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MostMebibytes << 20 } large)
            {
                faults.Add($"EVENT: '{file}' has {large.Length >> 20} MiB; an event file has at most {MostMebibytes}.");
                return ([], null);
            }

            byte[] json = File.ReadAllBytes(file);
            return (json, EventReader.Read(json));
        }
        catch (EventFormatException broken)
        {
            faults.Add($"EVENT: '{file}' is not a usable event: {broken.Message}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            faults.Add($"EVENT: '{file}' cannot be read: {fault.Message}");
        }

        return ([], null);
    }
}
