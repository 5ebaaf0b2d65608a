using System.Formats.Tar;
using System.IO.Compression;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Does with a fetched file what its URI asks for.</summary>
internal static class Unpacking
{
    /// <exception cref="StagingException">The archive is broken, or wants to write elsewhere.</exception>
    public static async Task ApplyAsync(StagedUri staged, string file, CancellationToken stop)
    {
        string folder = Path.GetDirectoryName(file)!;
        try
        {
            switch (staged.Action)
            {
                case StagedAction.Gunzip:
                    await GunzipAsync(file, stop);
                    break;
                case StagedAction.Untar:
                    await UntarAsync(file, folder, stop);
                    break;
                case StagedAction.Unzip:
                    await ZipFile.ExtractToDirectoryAsync(file, folder, stop);
                    break;
                default:
                    return;
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or FormatException or EndOfStreamException || (broken is IOException && !File.Exists(file)))
        {
            throw new StagingException($"{staged.Uri} cannot be unpacked: {broken.Message}", broken);
        }

        File.Delete(file);
    }

    private static async Task GunzipAsync(string file, CancellationToken stop)
    {
        string target = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file + ".out";
        await using FileStream from = File.OpenRead(file), to = new(target, FileMode.CreateNew);
        await using GZipStream plain = new(from, CompressionMode.Decompress);
        await plain.CopyToAsync(to, stop);
    }

    private static async Task UntarAsync(string file, string folder, CancellationToken stop)
    {
        await using FileStream from = File.OpenRead(file);
        bool isZipped = from.ReadByte() == 0x1f && from.ReadByte() == 0x8b;
        from.Position = 0;
        await using Stream plain = isZipped ? new GZipStream(from, CompressionMode.Decompress) : from;
        await TarFile.ExtractToDirectoryAsync(plain, folder, overwriteFiles: false, stop);
    }
}
