using SkyDriver.Client;

namespace SkyDriver.Examples;

/// <summary>Keeps the result of a scan in a file, final or so far, however large it is.</summary>
internal static class DownloadResult
{
    public static async Task<int> RunAsync(SkyDriverClient client, string scan, string file)
    {
        // Whole or not there: a download that breaks off starts over, and the file takes its name at the end.
        string partial = $"{file}.partial";
        try
        {
            bool hasResult;
            await using (FileStream target = File.Create(partial)) hasResult = await client.DownloadResultAsync(scan, target);
            if (hasResult) File.Move(partial, file, overwrite: true);
            else Console.Error.WriteLine("There is no result yet.");
            return hasResult ? 0 : 1;
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
