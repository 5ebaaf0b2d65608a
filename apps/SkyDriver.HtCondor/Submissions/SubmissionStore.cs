using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SkyDriver.HtCondor.Settings;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>The files of a place's submissions on this machine, a private folder for each. Losing them loses output, never jobs.</summary>
internal sealed class SubmissionStore
{
    private const string Marker = "submitting";
    private const string Record = "submission.json";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = Private | UnixFileMode.UserExecute;

    private readonly string _root;

    public SubmissionStore(LauncherSettings settings, PlaceSettings place)
    {
        _root = Path.Combine(settings.StateFolder, settings.Instance, place.Name);
        Directory.CreateDirectory(_root, PrivateFolder);
    }

    /// <summary>The business key of a deployment: the same for the same scan and key, whatever characters they have.</summary>
    public static string Key(string scanId, string idempotencyKey)
    {
        byte[] scan = Encoding.UTF8.GetBytes(scanId);
        byte[] text = [.. BitConverter.GetBytes(scan.Length), .. scan, .. Encoding.UTF8.GetBytes(idempotencyKey)];
        return Convert.ToHexStringLower(SHA256.HashData(text));
    }

    public string Folder(string key) => Path.Combine(_root, key);

    /// <summary>A submission was begun whose end nobody wrote down.</summary>
    public bool IsUncertain(string key) => File.Exists(Path.Combine(Folder(key), Marker));

    /// <summary>Writes all files of a submission, and that it begins.</summary>
    public void Begin(SubmitOrder order, JobTemplate template, PlaceSettings place, IEnumerable<KeyValuePair<string, string>> environment)
    {
        Directory.CreateDirectory(order.Folder, PrivateFolder);
        Write(order.Folder, SubmitDescription.SecretsFile, WorkerFiles.Secrets(environment), Private);
        Write(order.Folder, SubmitDescription.Executable, WorkerFiles.Script, PrivateFolder);
        Write(order.Folder, SubmitDescription.FileName, SubmitDescription.Render(order, template, place), Private);
        Write(order.Folder, Marker, "", Private);
    }

    /// <summary>Writes down what was submitted.</summary>
    /// <param name="keepSecrets">False where the schedd has the files now.</param>
    public void Complete(Submission submission, bool keepSecrets)
    {
        Directory.CreateDirectory(submission.Folder, PrivateFolder);
        string partial = Record + ".new";
        Write(submission.Folder, partial, JsonSerializer.Serialize(submission), Private);
        File.Move(Path.Combine(submission.Folder, partial), Path.Combine(submission.Folder, Record), overwrite: true);
        File.Delete(Path.Combine(submission.Folder, Marker));
        if (!keepSecrets) DropSecrets(submission);
    }

    public void DropSecrets(Submission submission) => File.Delete(Path.Combine(submission.Folder, SubmitDescription.SecretsFile));

    /// <summary>Removes all files of a submission.</summary>
    public void Forget(string key)
    {
        if (Directory.Exists(Folder(key))) Directory.Delete(Folder(key), recursive: true);
    }

    /// <summary>All submissions of which the end was written down.</summary>
    public IReadOnlyList<Submission> All() => [.. Directory.EnumerateDirectories(_root).Select(Read).OfType<Submission>()];

    /// <summary>Keys of submissions that were begun before a moment and of which no end was written down.</summary>
    public IReadOnlyList<string> BegunBefore(DateTimeOffset moment) =>
        [.. Directory.EnumerateDirectories(_root).Where(f => File.Exists(Path.Combine(f, Marker)) && File.GetLastWriteTimeUtc(Path.Combine(f, Marker)) < moment.UtcDateTime).Select(f => Path.GetFileName(f))];

    /// <summary>When the end of a submission was written down, UTC.</summary>
    public static DateTimeOffset Written(Submission submission) => new(File.GetLastWriteTimeUtc(Path.Combine(submission.Folder, Record)), TimeSpan.Zero);

    private static Submission? Read(string folder)
    {
        try
        {
            // The folder may have been moved since.
            return JsonSerializer.Deserialize<Submission>(File.ReadAllText(Path.Combine(folder, Record))) is { } submission ? submission with { Folder = folder } : null;
        }
        catch (Exception fault) when (fault is IOException or JsonException)
        {
            return null;
        }
    }

    // Made with its mode, so that there is no moment in which others may open it.
    private static void Write(string folder, string name, string text, UnixFileMode mode)
    {
        string path = Path.Combine(folder, name);
        File.Delete(path);
        using FileStream file = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
