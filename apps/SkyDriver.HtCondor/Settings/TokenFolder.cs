using System.Text;

namespace SkyDriver.HtCondor.Settings;

/// <summary>The token of a place as the tools take it: a private file in a private folder.</summary>
internal static class TokenFolder
{
    private const string FileName = "skydriver";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <returns>Null where the place has no token.</returns>
    public static string? Write(LauncherSettings settings, PlaceSettings place)
    {
        string folder = Path.Combine(settings.StateFolder, settings.Instance, "tokens", place.Name);
        if (place.Token is null)
        {
            // A token that was taken back must not stay.
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            return null;
        }

        Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        // Names with a dot in front are no tokens to the tools; the change itself is one step, as tools may be reading.
        string path = Path.Combine(folder, FileName), partial = Path.Combine(folder, "." + FileName);
        File.Delete(partial);
        using (FileStream file = new(partial, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private }))
        {
            file.Write(Encoding.ASCII.GetBytes(place.Token + "\n"));
        }

        File.Move(partial, path, overwrite: true);
        return folder;
    }

    public static void Remove(LauncherSettings settings)
    {
        string folder = Path.Combine(settings.StateFolder, settings.Instance, "tokens");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
