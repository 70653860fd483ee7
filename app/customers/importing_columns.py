"""The columns of a table of customers, under the names other programs give them, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.columns import Column, FaultWords, named
from app.core.i18n import LOCALES, N_
from app.customers.values import Calendar, Gender
from app.people.import_batch import COMMON_FAULTS

COLUMNS = (
    Column(
        "name",
        N_("Name"),
        named("姓名|客户姓名|客戶姓名|顾客|顧客|名字|customer|full name|customer name"),
        is_required=True,
        example="陈小明",
    ),
    Column(
        "phone",
        N_("Phone"),
        named("电话|電話|手机|手機|手机号|手机号码|手機號碼|联系电话|聯絡電話|mobile|tel|phone number|mobile number"),
        example="+852 9123 4567",
    ),
    Column(
        "store",
        N_("Store"),
        named("门店|門店|分店|店铺|店舖|所属门店|所屬分店|shop|branch|store code"),
        help=N_("The store’s code or name. Without this column all rows belong to the store chosen above."),
    ),
    Column(
        "owner",
        N_("Owner"),
        named("负责人|負責人|导购|導購|顾问|顧問|店员|店員|associate|consultant|owner phone"),
        help=N_("Name or phone of the associate."),
    ),
    Column(
        "household",
        N_("Household"),
        named("家庭|家庭编号|家庭編號|户|戶|family|household id"),
        help=N_("Rows with the same value live together and share one budget of contacts."),
    ),
    Column("locale", N_("Language"), named("语言|語言|lang|language"), example="zh_Hant"),
    Column("dialect", N_("Dialect"), named("方言|口音"), example="粤语"),
    Column("gender", N_("Gender"), named("性别|性別|sex"), example="女"),
    Column("birthday", N_("Birthday"), named("生日|出生日期|birth date|date of birth|dob"), example="1980-03-01"),
    Column(
        "birthday_calendar",
        N_("Birthday calendar"),
        named("生日历法|生日曆法|历法|曆法|lunar or solar"),
        example="农历",
    ),
    Column("address", N_("Address"), named("地址|住址|详细地址|詳細地址|street")),
    Column("district", N_("District"), named("区|區|地区|地區|区域|區域|area"), example="湾仔"),
    Column(
        "tags",
        N_("Tags"),
        named("标签|標籤|labels"),
        help=N_("Several are parted by commas. They are added to those in the file."),
    ),
    Column("preferences", N_("Preferences"), named("偏好|喜好|likes")),
    Column("access_notes", N_("How to reach the door"), named("上门须知|上門須知|入门提示|access|door")),
    Column("note", N_("Note"), named("备注|備註|备注信息|remarks|remark|notes|comment")),
    Column("occupation", N_("Occupation"), named("职业|職業|job")),
    Column("industry", N_("Industry"), named("行业|行業")),
    Column("income_band", N_("Income"), named("收入|月收入|income band")),
    Column(
        "consent_sms",
        N_("Agrees to texts"),
        named("同意短信|同意簡訊|同意短訊|短信同意|接收短信|sms consent|sms|consent|opt in"),
        example="是",
    ),
    Column(
        "consent_at",
        N_("Agreed or refused on"),
        named("同意日期|同意时间|同意時間|consent date|consented at"),
        example="2026-05-01",
    ),
    Column(
        "consent_text",
        N_("Words of the consent"),
        named("同意原文|同意说明|同意說明|consent text|consent words"),
    ),
)

FAULTS: Mapping[str, FaultWords] = {
    **COMMON_FAULTS,
    "no-store": FaultWords(
        N_("No store is named for this row."), N_("Fill in the store, or choose one for the whole file.")
    ),
    "no-such-owner": FaultWords(
        N_("Nobody of this name or number works in that store."),
        N_("Use the phone number of somebody who works there, or leave the cell empty."),
    ),
    "two-owners": FaultWords(
        N_("Several people of that store have this name."), N_("Write the phone number of the one who is meant.")
    ),
    "too-private": FaultWords(
        N_("This is private life, which we don’t keep: %(words)s."),
        N_("Rephrase it to what the service needs to know."),
    ),
    "no-such-birthday": FaultWords(
        N_("This day does not exist."), N_("Write it as 1980-03-01, or as 03-01 when the year is unknown.")
    ),
    "field-off": FaultWords(
        N_("Your company does not keep this."), N_("Leave the column out, or let head office switch the field on.")
    ),
    "other-store": FaultWords(
        N_("This number belongs to a customer of another store."),
        N_("Move the customer on his page first; an import moves nobody to another store."),
    ),
    "same-name-twice": FaultWords(
        N_("There are several customers of this name without a number in that store."),
        N_("Give the row a phone number, or change the right one on his page."),
    ),
    "no-phone-to-text": FaultWords(
        N_("A consent needs a phone number, and this row has none."),
        N_("Fill in the number, or leave the consent empty."),
    ),
}


def _said(words: str, value: str) -> dict[str, str]:
    return dict.fromkeys(words.split("|"), value)


GENDERS = {
    **_said("女|女士|小姐|f|female|woman|mrs|ms|miss", Gender.FEMALE.value),
    **_said("男|先生|m|male|man|mr", Gender.MALE.value),
    **_said("其他|其它|other|x", Gender.OTHER.value),
}
LANGUAGES = {
    **{locale.casefold(): locale for locale in LOCALES},
    **_said("简体|简体中文|普通话|国语|中文|zh|zh-cn|zh-hans|mandarin", "zh_Hans"),
    **_said("繁體|繁體中文|繁体|粤语|粵語|广东话|廣東話|zh-hk|zh-tw|zh-hant|cantonese", "zh_Hant"),
    **_said("英文|英语|英語|english|eng|en-gb|en-hk|en-us", "en"),
}
CALENDARS = {
    **_said("农历|農曆|阴历|陰曆|lunar", Calendar.LUNAR.value),
    **_said("公历|公曆|阳历|陽曆|新历|solar", Calendar.SOLAR.value),
}
