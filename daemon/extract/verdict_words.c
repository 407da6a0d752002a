/*
 * The words by which pages that are no articles give themselves away, in the languages of the news.
 * They are written as text_tokens() writes them, and compared with such, so that case,
 * punctuation and width don't count; scripts without word spaces have one token a character.
 */
#include <string.h>

#include "extract_priv.h"

static const char *const challenge[] = {"just a moment", "attention required",
    "checking your browser", "checking if the site connection is secure", "verify you are human",
    "verify that you are human", "verifying you are human", "are you a robot", "are you human",
    "i m not a robot", "you are not a robot", "prove you are human", "pardon our interruption",
    "security check", "security verification", "unusual traffic",
    "enable javascript and cookies to continue", "please enable cookies", "complete the captcha",
    "access denied", "access to this page has been denied", "you have been blocked",
    "ddos protection by", "request blocked", "ich bin kein roboter", "sicherheitsüberprüfung",
    "überprüfung ihres browsers", "zugriff verweigert", "je ne suis pas un robot",
    "vérification de sécurité", "vérification de votre navigateur", "accès refusé",
    "no soy un robot", "verificación de seguridad", "comprobando su navegador", "acceso denegado",
    "non sono un robot", "verifica di sicurezza", "accesso negato", "não sou um robô",
    "verificação de segurança", "acesso negado", "ik ben geen robot", "toegang geweigerd",
    "jag är inte en robot", "åtkomst nekad", "jeg er ikke en robot", "adgang nægtet",
    "en ole robotti", "nie jestem robotem", "sprawdzanie przeglądarki", "odmowa dostępu",
    "nejsem robot", "nem vagyok robot", "nu sunt robot", "я не робот", "проверка браузера",
    "доступ запрещен", "доступ ограничен", "перевірка браузера", "доступ заборонено",
    "δεν είμαι ρομπότ", "ben robot değilim", "erişim engellendi", "saya bukan robot",
    "tôi không phải là người máy", "أنا لست روبوت", "تم رفض الوصول", "من ربات نیستم",
    "אני לא רובוט", "मैं रोबोट नहीं हूँ", "请 完 成 安 全 验 证", "人 机 验 证", "安 全 检 查",
    "訪 問 被 拒 絕", "ロ ボ ッ ト で は あ り ま せ ん", "セ キ ュ リ テ ィ チ ェ ッ ク",
    "로봇이 아닙니다", "보안 확인", NULL};

static const char *const errors[] = {"404", "error 404", "404 error", "http 404", "410 gone",
    "403 forbidden", "page not found", "not found", "file not found", "article not found",
    "story not found", "page cannot be found", "page can t be found", "page could not be found",
    "page you requested could not be found", "page does not exist", "page doesn t exist",
    "page is not available", "page isn t available", "no longer available", "this page has moved",
    "has been removed", "internal server error", "500 error", "error 500", "service unavailable",
    "temporarily unavailable", "bad gateway", "gateway timeout", "something went wrong",
    "an error occurred", "an error has occurred", "site is under maintenance",
    "down for maintenance", "seite nicht gefunden", "seite wurde nicht gefunden",
    "seite existiert nicht", "artikel nicht gefunden", "nicht mehr verfügbar", "fehler 404",
    "ein fehler ist aufgetreten", "page non trouvée", "page introuvable", "article introuvable",
    "cette page n existe pas", "erreur 404", "página no encontrada", "no se encontró la página",
    "la página no existe", "pagina non trovata", "pagina inesistente", "errore 404",
    "página não encontrada", "erro 404", "página não existe", "pagina niet gevonden",
    "sidan hittades inte", "sidan kunde inte hittas", "sidan finns inte", "siden blev ikke fundet",
    "siden ble ikke funnet", "siden finnes ikke", "siden findes ikke", "sivua ei löytynyt",
    "sivua ei löydy", "nie znaleziono strony", "strona nie została znaleziona",
    "strona nie istnieje", "błąd 404", "stránka nenalezena", "stránka nebyla nalezena",
    "stránka neexistuje", "stránka sa nenašla", "az oldal nem található", "pagina nu a fost găsită",
    "pagina nu există", "stranica nije pronađena", "stran ne obstaja", "lehte ei leitud",
    "lapa nav atrasta", "puslapis nerastas", "страница не найдена", "страница не существует",
    "ошибка 404", "сторінку не знайдено", "помилка 404", "страницата не е намерена",
    "страница није пронађена", "η σελίδα δεν βρέθηκε", "σφάλμα 404", "sayfa bulunamadı",
    "halaman tidak ditemukan", "không tìm thấy trang", "الصفحة غير موجودة", "صفحه یافت نشد",
    "הדף לא נמצא", "पृष्ठ नहीं मिला", "পৃষ্ঠা পাওয়া যায়নি", "ไ ม่ พ บ ห น้ า", "找 不 到 页 面",
    "页 面 不 存 在", "找 不 到 網 頁", "頁 面 不 存 在", "ペ ー ジ が 見 つ か り ま せ ん",
    "ペ ー ジ は 存 在 し ま せ ん", "페이지를 찾을 수 없습니다", NULL};

/* Of dialogs that ask for consent: what they speak of ... */
static const char *const consent[] = {"cookie", "cookies", "consent", "gdpr", "tcf",
    "personalised ads", "personalized ads", "privacy policy", "privacy settings", "our partners",
    "legitimate interest", "einwilligung", "datenschutz", "datenschutzerklärung", "personalisierte",
    "zustimmung", "widerrufen", "consentement", "nos partenaires", "données personnelles",
    "traceurs", "consentimiento", "nuestros socios", "datos personales", "política de privacidad",
    "consenso", "nostri partner", "dati personali", "informativa", "consentimento",
    "dados pessoais", "toestemming", "persoonsgegevens", "samtycke", "personuppgifter", "samtykke",
    "personoplysninger", "suostumus", "evästeet", "evästeitä", "zgoda", "zgody", "ciasteczka",
    "pliki cookie", "danych osobowych", "souhlas", "súhlas", "osobních údajů", "hozzájárulás",
    "sütik", "sütiket", "consimțământ", "privola", "kolačiće", "piškotke", "nõusolek", "küpsiseid",
    "sīkdatnes", "slapukus", "согласие", "куки", "персональных данных", "файлы cookie", "згода",
    "бисквитки", "συγκατάθεση", "çerez", "çerezler", "kişisel veri", "ملفات تعريف الارتباط",
    "עוגיות", "同 意", "쿠키", "ク ッ キ ー", NULL};

/* ... and what their buttons say. */
static const char *const accept[] = {"accept", "accept all", "accept cookies", "accept all cookies",
    "accept and continue", "i accept", "i agree", "agree", "agree and continue", "allow all",
    "got it", "reject all", "akzeptieren", "alle akzeptieren", "akzeptieren und weiter",
    "zustimmen", "zustimmen und weiter", "einverstanden", "alle ablehnen", "accepter",
    "tout accepter", "accepter et continuer", "accepter et fermer", "j accepte", "tout refuser",
    "aceptar", "aceptar todo", "aceptar y continuar", "acepto", "rechazar todo", "accetta",
    "accetta tutti", "accetta e continua", "accetto", "rifiuta tutti", "aceitar", "aceitar tudo",
    "concordo", "accepteren", "alles accepteren", "akkoord", "godkänn", "godkänn alla",
    "acceptera alla", "accepter alle", "tillad alle", "godta alle", "hyväksy", "hyväksy kaikki",
    "akceptuję", "zgadzam się", "przejdź do serwisu", "souhlasím", "přijmout vše", "súhlasím",
    "elfogadom", "elfogad", "accept toate", "sunt de acord", "prihvaćam", "prihvati sve",
    "sprejmi vse", "nõustun", "piekrītu", "sutinku", "принять", "принять все", "согласен",
    "прийняти", "приемам", "αποδοχή", "συμφωνώ", "kabul et", "tümünü kabul et", "setuju", "đồng ý",
    "موافق", "قبول", "אני מסכים", "同 意 す る", "接 受", "全 部 接 受", "동의", "모두 동의", NULL};

static const char *const script[] = {"enable javascript", "javascript is disabled",
    "javascript is required", "requires javascript", "need to enable javascript",
    "turn on javascript", "without javascript", "javascript aktivieren",
    "aktivieren sie javascript", "javascript aktiviert", "activer javascript", "activez javascript",
    "habilitar javascript", "habilite javascript", "activar javascript", "active javascript",
    "abilita javascript", "abilitare javascript", "attiva javascript", "ativar javascript",
    "ative o javascript", "schakel javascript in", "aktivera javascript", "aktiver javascript",
    "ota javascript käyttöön", "włącz javascript", "włączyć javascript", "povolte javascript",
    "zapněte javascript", "engedélyezze a javascript", "activați javascript", "включите javascript",
    "включить javascript", "увімкніть javascript", "ενεργοποιήστε", "javascript i etkinleştir",
    "javascript i etkinleştirin", "aktifkan javascript", "bật javascript", "تفعيل جافا سكريبت",
    "启 用 javascript", "啟 用 javascript", "javascript を 有 効", "자바스크립트", NULL};

static const char *const paywall[] = {"subscribe to read", "subscribe to continue",
    "subscribe now to", "to continue reading", "to read the full", "to read this article",
    "read the full story", "for subscribers only", "subscribers only", "subscriber only",
    "subscriber exclusive", "exclusive to subscribers", "available to subscribers",
    "become a subscriber", "already a subscriber", "already subscribed", "already a member",
    "log in to read", "sign in to read", "sign in to continue", "log in to continue",
    "register to read", "start your free trial", "free trial", "premium content", "members only",
    "unlock this article", "this content is restricted", "you have reached your",
    "nur für abonnenten", "abo abschliessen", "jetzt abonnieren", "jetzt weiterlesen",
    "um weiterzulesen", "weiterlesen mit", "exklusiv für abonnenten", "bereits abonnent",
    "schon abonnent", "sie sind bereits abonnent", "diesen artikel lesen", "réservé aux abonnés",
    "réservé à nos abonnés", "pour lire la suite", "déjà abonné", "abonnez vous", "je m abonne",
    "il vous reste", "contenido exclusivo", "solo para suscriptores", "exclusivo para suscriptores",
    "suscríbete para", "suscríbete y", "para seguir leyendo", "ya soy suscriptor",
    "contenuto riservato", "riservato agli abbonati", "per continuare a leggere",
    "sei già abbonato", "abbonati per", "exclusivo para assinantes", "conteúdo exclusivo",
    "para continuar lendo", "já é assinante", "assine para", "alleen voor abonnees",
    "voor abonnees", "verder lezen met", "al abonnee", "endast för prenumeranter",
    "för prenumeranter", "redan prenumerant", "läs vidare", "kun for abonnenter", "for abonnenter",
    "allerede abonnent", "er du abonnent", "bli abonnent", "vain tilaajille", "tilaajille",
    "oletko jo tilaaja", "tylko dla prenumeratorów", "dla subskrybentów", "aby czytać dalej",
    "masz już prenumeratę", "pouze pro předplatitele", "pro předplatitele",
    "len pre predplatiteľov", "pre predplatiteľov", "előfizetőknek", "előfizetőink",
    "doar pentru abonați", "pentru abonați", "samo za pretplatnike", "za naročnike",
    "ainult tellijale", "tikai abonentiem", "tik prenumeratoriams", "только для подписчиков",
    "для подписчиков", "оформите подписку", "лише для передплатників", "оформіть передплату",
    "само за абонати", "μόνο για συνδρομητέσ", "συνδρομητέσ", "abonelere özel", "khusus pelanggan",
    "dành cho người đăng ký", "للمشتركين فقط", "למנויים בלבד", "订 阅 后", "会 员 专 享",
    "登 录 后 阅 读", "有 料 会 員", "会 員 限 定", "こ の 記 事 は 有 料", "구독자 전용",
    "유료회원", NULL};

static const char *const live[] = {"live", "liveblog", "live blog", "live updates", "liveticker",
    "live ticker", "newsticker", "ticker", "as it happened", "minute by minute", "en direct",
    "direct", "en vivo", "última hora", "minuto a minuto", "diretta", "in diretta", "ao vivo",
    "liveblogg", "direkt", "suorana", "na żywo", "relacja", "živě", "online", "naživo", "élő",
    "în direct", "uživo", "v živo", "онлайн", "прямой эфир", "текстовая трансляция", "наживо",
    "на живо", "ζωντανά", "canlı", "langsung", "trực tiếp", "مباشر", "直 播", "速 報", "라이브",
    NULL};

static const char *const *const lists[] = {
    [PAGE_CHALLENGE] = challenge,
    [PAGE_ERROR] = errors,
    [PAGE_CONSENT] = consent,
    [PAGE_ACCEPT] = accept,
    [PAGE_SCRIPT] = script,
    [PAGE_PAYWALL] = paywall,
    [PAGE_LIVE] = live,
};

/* PHRASE in TOKENS, at the borders of tokens; NULL: it is not there. */
static const char *
find(const char *tokens, const char *phrase)
{
	size_t n = strlen(phrase);
	for (const char *at = tokens; n && (at = strstr(at, phrase)); at++)
		if ((at == tokens || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return at;
	return NULL;
}

const char *
page_words_find(enum page_words list, const char *tokens)
{
	return page_words_are(list, tokens, 0);
}

const char *
page_words_are(enum page_words list, const char *tokens, double share)
{
	double least = (double)strlen(tokens) * share;
	for (const char *const *phrase = lists[list]; *tokens && *phrase; phrase++)
		if ((double)strlen(*phrase) >= least && find(tokens, *phrase))
			return *phrase;
	return NULL;
}

const char *const *
page_words_list(enum page_words list)
{
	return lists[list];
}
